package dev.flotilla.storage.lmdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.testkit.TestEntries;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A page of payloads that the device does not bring to the map: the process lives, the read fails.
 */
final class UnreadablePageTest {

  private static final int BYTES = 10_000;

  @TempDir Path directory;

  @Test
  void shouldFailTheReadThatMeetsAPageThatCannotBeRead() throws Throwable {
    try (LmdbEngine engine = Engines.open(directory)) {
      LogStore log = engine.create(LogId.random(), LogBase.ORIGIN);
      List<Entry> entries = TestEntries.behind(LogBase.ORIGIN, 1).several(20, BYTES);
      Engines.append(log, entries);
      loseBlock(engine.environment(), StreamExtent.blockFrom(7 * BYTES));

      assertThatThrownBy(() -> log.payload(7))
          .isInstanceOf(StorageException.class)
          .hasCauseInstanceOf(InternalError.class)
          .hasMessageContaining("cannot be read");
      assertThatThrownBy(() -> log.batches(6, 20, Integer.MAX_VALUE, FirstBatch.WHOLE))
          .isInstanceOf(StorageException.class);
      log.payload(6).close();
      log.payload(9).close();
      assertThat(log.header(7)).isEqualTo(entries.get(7).header());
      Engines.append(log, TestEntries.behind(log, 2).several(3, BYTES));
    }
  }

  /** LMDB does not look at pages of this kind itself, only tells where they are. */
  private void loseBlock(Environment environment, long block) throws Throwable {
    long address =
        environment.read(snapshot -> {
          ByteBuffer key = Keys.block(snapshot.key, 1, block);
          ByteBuffer value = snapshot.get(snapshot.databases.payloads(), key);
          return MemorySegment.ofBuffer(Objects.requireNonNull(value)).address();
        });
    Path empty = Files.createFile(directory.resolve("empty"));
    Libc.map(address & -Keys.PAGE_BYTES, Keys.PAGE_BYTES, empty);
  }
}
