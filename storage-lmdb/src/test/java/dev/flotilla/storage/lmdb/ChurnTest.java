package dev.flotilla.storage.lmdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.TestEntries;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Space is used again as fast as it is freed: the file has a bound however much is written. */
final class ChurnTest {

  private static final int WRITE_BYTES = 1 << 20;

  @TempDir Path directory;

  private long fileBytes() throws Exception {
    return Files.size(directory.resolve(EnvironmentFiles.ENVIRONMENT));
  }

  /** Transactions are as large as they become, and what each drops is waited for by nobody. */
  @Test
  void shouldNotGrowUnderAWriterThatNeverRests() throws Exception {
    int entriesPerWrite = 32;
    int retainedWrites = 8;
    try (LmdbEngine engine = Engines.open(directory)) {
      LogStore log = engine.create(LogId.random(), LogBase.ORIGIN);
      TestEntries entries = TestEntries.behind(LogBase.ORIGIN, 1);
      Deque<CompletableFuture<Void>> onTheWay = new ArrayDeque<>();
      CompletableFuture<Void> drop = CompletableFuture.completedFuture(null);
      long dropped = -1;
      for (int write = 0; write < 320; write++) {
        List<Entry> each = entries.several(entriesPerWrite, WRITE_BYTES / entriesPerWrite);
        onTheWay.add(log.write(WriteSet.append(each)));
        if (onTheWay.size() > retainedWrites) {
          Engines.await(onTheWay.remove());
          long last = log.endIndex() - (long) retainedWrites * entriesPerWrite - 1;
          if (last > dropped) {
            drop = log.dropPrefix(Engines.baseBehind(log, last));
            dropped = last;
          }
        }
      }
      Engines.await(drop);
      while (!onTheWay.isEmpty()) {
        Engines.await(onTheWay.remove());
      }
    }
    // What is on the way and what is retained, and what two transactions keep of each.
    assertThat(fileBytes()).isLessThan(6L * retainedWrites * WRITE_BYTES);
  }

  @Test
  void shouldNotGrowWithTheRoundsInWhichLogsAreCutDeletedAndCreated() throws Exception {
    SplittableRandom random = new SplittableRandom(7);
    long grown = 0;
    try (LmdbEngine engine = Engines.open(directory, Device.REAL, Map.of())) {
      List<LogStore> logs = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        logs.add(engine.create(LogId.random(), LogBase.ORIGIN));
      }
      for (int round = 0; round < 60; round++) {
        for (LogStore log : logs) {
          int length = 100 << random.nextInt(10);
          Engines.append(
              log, TestEntries.behind(log, round).several(1 + (100 << 10) / length, length));
          dropAllButTheLast(log, 3 + (400 << 10) / length);
        }
        LogStore deleted = logs.remove(random.nextInt(logs.size()));
        deleted.close();
        engine.delete(deleted.id());
        logs.add(engine.create(LogId.random(), LogBase.ORIGIN));
        grown = round == 19 ? fileBytes() : grown;
      }
    }
    assertThat(fileBytes()).isLessThan(2 * grown);
  }

  private static void dropAllButTheLast(LogStore log, int count) throws Exception {
    long last = log.endIndex() - count - 1;
    if (last > log.base().index()) {
      Engines.await(log.dropPrefix(Engines.baseBehind(log, last)));
    }
  }
}
