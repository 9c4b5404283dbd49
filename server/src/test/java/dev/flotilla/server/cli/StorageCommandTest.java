package dev.flotilla.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.network.RawClient;
import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.Batches;
import dev.flotilla.server.testing.NodeUnderTest;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code flotilla storage} in a process of its own. */
@Timeout(180)
class StorageCommandTest {

  private static final short ALL = -1;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"mmap", "lmdb"})
  void shouldShowAndVerifyWhatIsStoredOfANodeThatRunsAndOfOneThatDoesNot(String engine)
      throws Exception {
    // given
    String metrics;
    try (NodeUnderTest node = NodeUnderTest.start(directory, Map.of("storage.engine", engine))) {
      Uuid id = node.createTopic("lines");
      for (int i = 0; i < 3; i++) {
        produce(node, id, "x".repeat(10_000));
      }
      metrics = "127.0.0.1:" + node.metricsPort();

      // then of a node that runs
      assertThat(run(0, "storage", "--metrics", metrics))
          .containsPattern("lines-0 +" + engine + " +\\d+ +\\d+ +0 up to 3")
          .containsPattern("metadata +" + engine)
          .contains("2 replicas");
      assertThat(run(0, "storage", "--metrics", metrics, "--json"))
          .contains("\"engine\" : \"" + engine + "\"", "\"endOffset\" : 3");
      assertThat(run(0, "storage", "verify", "--metrics", metrics))
          .containsPattern("2 replicas, \\d+ entries, 3\\d{4} bytes read")
          .contains("all of them are what was written");
      assertThat(run(0, "storage", "digest", "--metrics", metrics))
          .contains("1 partitions: a single replica, nothing to compare: lines-0");
      try (Invocation used = Invocation.start("storage", "--data", directory.toString())) {
        assertThat(used.status()).isEqualTo(1);
        assertThat(used.errors().getLast()).contains("data directory", "is used by process");
      }
    }

    // and of one that does not
    assertThat(run(0, "storage", "--data", directory.toString()))
        .containsPattern("lines-0 +" + engine + " +\\d+ +\\d+ +0 up to 3")
        .containsPattern("metadata +" + engine)
        .contains("2 replicas");
    assertThat(run(0, "storage", "verify", "--data", directory.toString()))
        .containsPattern("2 replicas, \\d+ entries, \\d+ bytes read")
        .contains("all of them are what was written");
    try (Invocation silent = Invocation.start("storage", "--metrics", metrics)) {
      assertThat(silent.status()).isEqualTo(1);
      assertThat(silent.errors()).containsExactly("flotilla: no answer from " + metrics);
    }
  }

  @Test
  void shouldFindWhatIsNotWhatWasWritten() throws Exception {
    // given one bit in the middle of a record
    try (NodeUnderTest node = NodeUnderTest.start(directory, Map.of())) {
      Uuid id = node.createTopic("lines");
      for (int i = 0; i < 3; i++) {
        produce(node, id, "x".repeat(10_000));
      }
    }
    flip(largest(directory.resolve("data/engines/mmap")), 15_000);

    // then
    assertThat(run(1, "storage", "verify", "--data", directory.toString()))
        .contains("wrong: lines-0 on node 1: ");

    // and of the node when it runs: found by the first, and not forgotten by the next
    try (NodeUnderTest node = NodeUnderTest.start(directory, Map.of())) {
      String metrics = "127.0.0.1:" + node.metricsPort();
      assertThat(run(1, "storage", "verify", "--metrics", metrics))
          .contains("wrong: lines-0 on node 1: ");
      Await.until(() -> shown(metrics).contains("wrong: quarantined: "));
      assertThat(run(1, "storage", "--metrics", metrics)).contains("lines-0");
      assertThat(run(1, "storage", "verify", "--metrics", metrics))
          .contains("wrong: lines-0 on node 1: ");
    }
  }

  private static String shown(String metrics) {
    try (Invocation storage = Invocation.start("storage", "--metrics", metrics)) {
      storage.status();
      return storage.out();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shouldSayWhatIsNoDataDirectory() throws Exception {
    try (Invocation storage = Invocation.start("storage", "--data", directory.toString())) {
      assertThat(storage.status()).isEqualTo(1);
      assertThat(storage.errors())
          .containsExactly("flotilla: " + directory + " is not the data directory of a node");
    }
  }

  private static String run(int status, String... arguments) throws Exception {
    try (Invocation invocation = Invocation.start(arguments)) {
      assertThat(invocation.status())
          .as(() -> invocation.out() + invocation.errors())
          .isEqualTo(status);
      return invocation.out();
    }
  }

  private static void produce(NodeUnderTest node, Uuid id, String value) throws Exception {
    try (RawClient client = node.connect()) {
      int sent =
          client.send(
              NodeUnderTest.request(Batches.produce(ALL, "lines", id, Batches.plain(value))));
      var data = (ProduceResponseData) client.receive(ApiKeys.PRODUCE, sent).data();
      var answer = data.responses().iterator().next().partitionResponses().getFirst();
      assertThat(answer.errorCode()).isZero();
    }
  }

  private static Path largest(Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
      List<Path> segments = files.filter(file -> file.toString().endsWith(".segment")).toList();
      return segments.stream()
          .max(Comparator.comparingLong(file -> file.toFile().length()))
          .orElseThrow();
    }
  }

  private static void flip(Path path, long position) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.seek(position);
      int old = file.read();
      file.seek(position);
      file.write(old ^ 1);
    }
  }
}
