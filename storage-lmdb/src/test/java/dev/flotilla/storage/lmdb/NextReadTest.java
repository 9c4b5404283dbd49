package dev.flotilla.storage.lmdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.TestEntries;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A read that goes on behind the last one begins where that says, if that is still so. */
final class NextReadTest {

  @TempDir Path directory;
  private LmdbEngine engine;
  private LogStore log;

  @BeforeEach
  void open() {
    engine = Engines.open(directory);
    log = engine.create(LogId.random(), LogBase.ORIGIN);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  /** Three batches of one offset each in an entry. */
  private List<Entry> append(TestEntries entries, int count) throws Exception {
    List<Entry> appended = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      appended.add(entries.data(100, 200, 300));
    }
    Engines.append(log, appended);
    return appended;
  }

  /** The batch that holds an offset, of entries without gaps from offset 0 on. */
  private static ByteBuffer batch(List<Entry> entries, int offset) {
    ByteBuffer payload = entries.get(offset / 3).payload();
    return payload.slice(new int[] {0, 100, 300}[offset % 3], 100 * (offset % 3 + 1));
  }

  private ByteBuffer read(long offset, int maxBytes) {
    try (Slice slice = log.batches(offset, log.endOffset(), maxBytes, FirstBatch.WHOLE)) {
      ByteBuffer copy = ByteBuffer.allocate(slice.bytes());
      slice.buffers().forEach(part -> copy.put(part.duplicate()));
      return copy.flip();
    }
  }

  @Test
  void shouldGoOnBehindTheLastReadWithinAnEntryAndBehindIt() throws Exception {
    List<Entry> entries = append(TestEntries.behind(log, 1), 20);
    for (int offset = 0; offset < 60; offset++) {
      assertThat(read(offset, 1)).isEqualTo(batch(entries, offset));
    }
    assertThat(read(60, 1).remaining()).isZero();
    List<Entry> more = append(TestEntries.behind(log, 2), 1);
    assertThat(read(60, 1)).isEqualTo(batch(more, 0));
  }

  @Test
  void shouldNotBelieveWhereTheLastReadEndedOnceTheLogWasCut() throws Exception {
    List<Entry> entries = append(TestEntries.behind(log, 1), 20);
    assertThat(read(29, 1)).isEqualTo(batch(entries, 29));
    Entry one = TestEntries.behind(entries.get(4).header(), 2).data(10);
    Engines.await(log.write(new WriteSet(5, List.of(one))));
    List<Entry> more = append(TestEntries.behind(log, 3), 10);

    assertThat(read(30, 1)).isEqualTo(batch(more, 30 - 16));
  }

  @Test
  void shouldNotBelieveWhereTheLastReadEndedOnceAPrefixWasDroppedBehindIt() throws Exception {
    List<Entry> entries = append(TestEntries.behind(log, 1), 20);
    assertThat(read(29, 1)).isEqualTo(batch(entries, 29));
    Engines.await(log.dropPrefix(Engines.baseBehind(log, 9)));
    assertThat(read(30, 1)).isEqualTo(batch(entries, 30));
    Engines.await(log.dropPrefix(Engines.baseBehind(log, 14)));

    assertThat(read(45, 1)).isEqualTo(batch(entries, 45));
  }
}
