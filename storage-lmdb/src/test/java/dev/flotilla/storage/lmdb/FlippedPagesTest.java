package dev.flotilla.storage.lmdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.testkit.TestEntries;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One bit of a page of LMDB's trees that flips, in an environment that is too large to be checked
 * when it is opened. It may cost the process, or the logs that meet it; no wrong byte is shown, and
 * behind a crash the next start has an engine that takes writes.
 */
final class FlippedPagesTest {

  private static final int FLIPS_A_PROCESS = 25;

  @TempDir Path root;
  private final Set<LogId> ids = Set.of(new LogId(new UUID(1, 1)), LogId.random());
  private int crashes;
  private int known;

  @Test
  void shouldShowNoWrongByteAndStartAgain() throws Exception {
    long seed = Long.getLong("flotilla.seed", System.nanoTime());
    System.out.println("-Dflotilla.seed=" + seed);
    SplittableRandom random = new SplittableRandom(seed);
    Path original = root.resolve("original");
    try (LmdbEngine engine = Engines.open(original)) {
      for (LogId id : ids) {
        LogStore log = engine.create(id, LogBase.ORIGIN);
        for (int i = 0; i < 8; i++) {
          Engines.append(log, TestEntries.behind(log, i).several(50, 2000));
        }
        Engines.await(log.dropPrefix(Engines.baseBehind(log, 90)));
      }
    }
    boolean isLong = "long".equals(System.getProperty("flotilla.tests"));
    for (int round = 0; round < (isLong ? 15 : 2); round++) {
      List<Path> flipped = new ArrayList<>();
      for (int i = 0; i < FLIPS_A_PROCESS; i++) {
        flipped.add(flipped(original, random, "flipped-%d-%d".formatted(round, i)));
      }
      useAll(flipped);
    }
    System.out.println(crashes + " crashes, of which the next start knew " + known);
  }

  private Path flipped(Path original, SplittableRandom random, String name) throws Exception {
    Path directory = Files.createDirectory(root.resolve(name));
    Path file = directory.resolve(EnvironmentFiles.ENVIRONMENT);
    Files.copy(original.resolve(EnvironmentFiles.ENVIRONMENT), file);
    TreePages pages = TreePages.of(file);
    List<String> trees =
        List.of(TreePages.FREE_LIST, TreePages.MAIN, "logs", "headers", "payloads");
    List<Long> numbers = pages.of(trees.get(random.nextInt(trees.size())));
    long page = numbers.get(random.nextInt(numbers.size()));
    // Half of them where the page says what is in it.
    int at = random.nextInt(random.nextBoolean() ? 64 : Keys.PAGE_BYTES);
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(page * Keys.PAGE_BYTES + at);
      int value = bytes.read();
      bytes.seek(page * Keys.PAGE_BYTES + at);
      bytes.write(value ^ 1 << random.nextInt(8));
    }
    return directory;
  }

  /** Goes on with the next where the process has died of one. */
  private void useAll(List<Path> directories) throws Exception {
    for (int used = 0; used < directories.size(); ) {
      List<Path> left = directories.subList(used, directories.size());
      String output = EnvironmentUser.run(root, left.toArray(Path[]::new));
      assertThat(output).doesNotContain(EnvironmentUser.WRONG);
      int closed = (int) output.lines().filter("closed"::equals).count();
      used += closed;
      if (closed < left.size()) {
        startAgain(left.get(closed));
        used++;
      }
    }
  }

  private void startAgain(Path directory) throws Exception {
    OpenMark.LastEnd end = new OpenMark(directory.resolve(OpenMark.NAME)).lastEnd();
    assertThat(end.ends()).as("the process has died: %s", directory).isEqualTo(1);
    crashes++;
    known += end.crashed() ? 1 : 0;
    // What it does not know of is found at the third crash; here by having all pages checked.
    try (LmdbEngine engine = Engines.open(directory)) {
      assertThat(directory.resolve("damaged.mdb")).exists();
      for (LogId id : engine.logs()) {
        assertThatThrownBy(() -> engine.open(id)).isInstanceOf(CorruptLogException.class);
        engine.delete(id);
        LogStore anew = engine.create(id, LogBase.ORIGIN);
        Engines.append(anew, TestEntries.behind(LogBase.ORIGIN, 2).several(3, 100));
      }
    }
  }
}
