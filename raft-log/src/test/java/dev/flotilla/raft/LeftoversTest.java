package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What groups that came and went leave open in this process, where the kernel shows it. */
class LeftoversTest {

  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final Path MAPPINGS = Path.of("/proc/self/maps");

  /** Ratis' own log would take as much for each group; fifteen that leak any buffer show. */
  private static final long DIRECT_BYTES_OF_A_GROUP = 1 << 20;

  @TempDir Path directory;

  @Test
  @EnabledOnOs(OS.LINUX)
  void shouldKeepNeitherFilesNorMemoryOfDeletedGroups() throws Exception {
    try (RaftNode node = TestNodes.start(TestNodes.config(directory, 1, 0, "mmap"))) {
      // given
      comeAndGo(node, 3);
      long descriptors = descriptors();
      long directBytes = directBytes();

      // when
      comeAndGo(node, 15);

      // then: less than one for each
      TestNodes.await("closed files", () -> descriptors() <= descriptors + 5);
      assertThat(mappings()).isZero();
      TestNodes.await(
          "buffers that were given back",
          () -> directBytes() < directBytes + DIRECT_BYTES_OF_A_GROUP);
    }
  }

  /**
   * Of all direct buffers that were not given back. Those that a collection finds are given back by
   * another thread a little later; what is still referred to never is.
   */
  private static long directBytes() {
    System.gc();
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  private static long descriptors() {
    try (Stream<Path> open = Files.list(DESCRIPTORS)) {
      return open.count();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** How many of the files below the directory, deleted or not, are mapped. */
  private long mappings() throws IOException {
    try (Stream<String> lines = Files.lines(MAPPINGS)) {
      return lines.filter(line -> line.contains(directory.toString())).count();
    }
  }

  private static void comeAndGo(RaftNode node, int times) throws Exception {
    for (int i = 0; i < times; i++) {
      UUID group = UUID.randomUUID();
      ReplicatedLog log =
          node.createLog(
              group,
              "t-" + i,
              List.of(node.self()),
              new CountingState(),
              new ReplicaListener() {
                @Override
                public void leadershipChanged(Leadership leadership) {}

                @Override
                public void highWatermarkChanged(long highWatermark) {}
              });
      TestNodes.await("a leader", () -> log.leadership() instanceof Leadership.Ready);
      log.append(TestBatch.of(1, 1)).future().get(60, TimeUnit.SECONDS);
      node.deleteGroup(group);
    }
  }
}
