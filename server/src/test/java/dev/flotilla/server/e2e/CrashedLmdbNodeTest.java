package dev.flotilla.server.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.testing.Await;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes on the engine lmdb, of which one has pages that LMDB crashes of, in an environment
 * that counts as too large to be checked at each start: that costs the process, once, and no data.
 */
@Timeout(600)
final class CrashedLmdbNodeTest {

  private static final int PAGE_BYTES = 4096;

  /**
   * Each commit leaves one in the file, and the last of them may not be committed when the node is
   * killed: so many tell that there is one that is.
   */
  private static final int ROOTS = 3;

  /** In a page of LMDB's: of what kind it is, and where its pointers end. */
  private static final int KIND_AT = 10;

  private static final int LOWER_AT = 12;
  private static final int HEAD_BYTES = 16;
  private static final int BRANCH = 1;

  /** A head of an entry is found by log, index and part. */
  private static final int ENTRY_KEY_BYTES = 16;

  @TempDir Path directory;

  @Test
  @EnabledIfSystemProperty(named = "flotilla.tests", matches = "long")
  void shouldMakeItsReplicasAnewBehindACrash() throws Exception {
    try (LoadedCluster loaded =
        LoadedCluster.start(
            directory,
            Map.of(),
            Map.of("storage.engine", "lmdb", "storage.lmdb.check.max.bytes", "0"))) {
      // given a node with some heads of entries, that was killed
      NodeProcess node = loaded.node(2);
      Path engine = node.data().resolve("data").resolve("engines").resolve("lmdb");
      Path environment = engine.resolve("environment.mdb");
      Await.until(Cluster.PATIENCE, "a tree", () -> pagesAboveHeads(environment).size() >= ROOTS);
      node.kill();
      loaded.awaitAcknowledged("kill", LoadedCluster.allPartitions(), System.nanoTime());
      damage(environment);

      // when it reads them
      node.launchAgain();
      Await.until(Cluster.PATIENCE, "a crash", () -> !node.isAlive());

      // then
      assertThat(engine.resolve("open.mark")).content().contains("Assertion");
      assertThat(engine.resolve("damaged.mdb")).doesNotExist();
      loaded.restore();
      loaded.awaitAcknowledged("crash", LoadedCluster.allPartitions(), System.nanoTime());
      assertThat(engine.resolve("damaged.mdb")).exists();
      loaded.verify();
    }
  }

  /** Has all pages that lead to heads of entries say that they lead nowhere: LMDB aborts. */
  private static void damage(Path environment) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(environment.toFile(), "rw")) {
      for (long number : pagesAboveHeads(environment)) {
        file.seek(number * PAGE_BYTES + LOWER_AT);
        file.write(HEAD_BYTES);
        file.write(0);
      }
    }
  }

  /** There are none while one page holds them all. */
  private static List<Long> pagesAboveHeads(Path environment) {
    List<Long> found = new ArrayList<>();
    try (RandomAccessFile file = new RandomAccessFile(environment.toFile(), "r")) {
      byte[] bytes = new byte[PAGE_BYTES];
      for (long number = 2; (number + 1) * PAGE_BYTES <= file.length(); number++) {
        file.seek(number * PAGE_BYTES);
        file.readFully(bytes);
        if (leadsToHeads(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN), number)) {
          found.add(number);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  /** By the key of its second node: the first one has none. */
  private static boolean leadsToHeads(ByteBuffer page, long number) {
    int node = page.getShort(HEAD_BYTES + 2) & 0xffff;
    return page.getLong(0) == number
        && page.getShort(KIND_AT) == BRANCH
        && page.getShort(LOWER_AT) > HEAD_BYTES + 2
        && node > HEAD_BYTES
        && node < PAGE_BYTES - HEAD_BYTES
        && page.getShort(node + 6) == ENTRY_KEY_BYTES;
  }
}
