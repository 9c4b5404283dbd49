package dev.flotilla.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.LoopbackPorts;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code flotilla cluster}, with its nodes as processes of their own. */
@Timeout(240)
class ClusterCommandTest {

  @TempDir Path temporary;
  private Path directory;
  private int port;
  private final List<Invocation> invocations = new ArrayList<>();

  @BeforeEach
  void choosePort() {
    directory = temporary.resolve("cluster");
    port = LoopbackPorts.next(3);
  }

  @AfterEach
  void endAll() throws Exception {
    for (Invocation each : invocations) {
      each.close();
    }
  }

  @Test
  void shouldStopItsNodesAndGoOnWithTheirDataAndPorts() throws Exception {
    // given
    Invocation first = cluster("--nodes", "1", "--port", Integer.toString(port));
    String bootstrap = ready(first);
    long node = pid(1);
    String ports = Files.readString(directory.resolve("node-1.properties"));
    String identity = Files.readString(directory.resolve("node-1/meta.properties"));

    // when
    first.stop();
    int status = first.status();

    // then
    assertThat(bootstrap).isEqualTo("127.0.0.1:" + port);
    assertThat(status).isIn(0, 143);
    assertThat(ProcessHandle.of(node)).isEmpty();

    // when: started again without a word about nodes and ports
    Invocation second = cluster();

    // then
    assertThat(ready(second)).isEqualTo(bootstrap);
    assertThat(directory.resolve("node-1.properties"))
        .content()
        .satisfies(now -> assertThat(settings(now)).isEqualTo(settings(ports)));
    assertThat(directory.resolve("node-1/meta.properties")).hasContent(identity);
  }

  @Test
  void shouldReportANodeThatDies() throws Exception {
    // given
    Invocation cluster = cluster("--nodes", "1", "--port", Integer.toString(port));
    ready(cluster);

    // when
    ProcessHandle.of(pid(1)).orElseThrow().destroyForcibly();

    // then
    assertThat(cluster.status()).isEqualTo(1);
    assertThat(cluster.errors())
        .anyMatch(line -> line.startsWith("flotilla: node 1 ended with status 137, 0 go on;"))
        .anyMatch(line -> line.startsWith("flotilla:   node 1 is ready: "))
        .last()
        .isEqualTo("flotilla: no node is left");
  }

  @Test
  void shouldFormAClusterOfThreeThatGoesOnWithoutOneOfThem() throws Exception {
    // given
    Invocation cluster = cluster("--port", Integer.toString(port));

    // when
    assertThat(ready(cluster))
        .isEqualTo("127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d".formatted(port, port + 1, port + 2));

    // then
    assertThat(status("node 1  127.0.0.1:" + port + "  alive")).isZero();
    assertThat(status("node 3  127.0.0.1:" + (port + 2) + "  alive")).isZero();

    // when
    ProcessHandle.of(pid(2)).orElseThrow().destroyForcibly();

    // then
    Await.until(() ->
        cluster.errors().stream()
            .anyMatch(line -> line.startsWith("flotilla: node 2 ended with status 137, 2 go on;")));
    assertThat(status("node 2  127.0.0.1:" + (port + 1))).isEqualTo(1);
    assertThat(cluster.isAlive()).isTrue();
  }

  /** Asks all nodes for their status, expects a text in it, and returns the exit status. */
  private int status(String expected) throws Exception {
    String addresses =
        List.of(1, 2, 3).stream().map(this::metricsListener).collect(Collectors.joining(","));
    try (Invocation status = Invocation.start("status", "--metrics", addresses)) {
      int result = status.status();
      assertThat(status.out()).contains(expected);
      return result;
    }
  }

  private String metricsListener(int node) {
    Properties properties = new Properties();
    try (Reader reader =
        Files.newBufferedReader(directory.resolve("node-" + node + ".properties"))) {
      properties.load(reader);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("metrics.listener");
  }

  @Test
  void shouldRefuseASecondClusterOnADirectoryAndEndItsNodesWhenItIsKilled() throws Exception {
    // given
    Invocation first = cluster("--nodes", "1", "--port", Integer.toString(port));
    ready(first);
    ProcessHandle node = ProcessHandle.of(pid(1)).orElseThrow();

    // when
    Invocation second = cluster();

    // then
    assertThat(second.status()).isEqualTo(1);
    assertThat(second.errors())
        .containsExactly(
            "flotilla: a cluster runs on " + directory + " already, process " + first.pid());
    assertThat(node.isAlive()).isTrue();

    // when: the first is gone without a chance to stop its nodes
    first.kill();

    // then
    node.onExit().get(60, TimeUnit.SECONDS);
  }

  @Test
  void shouldNameAPortThatIsTaken() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      Invocation cluster =
          cluster("--nodes", "1", "--port", Integer.toString(taken.getLocalPort()));

      assertThat(cluster.status()).isEqualTo(1);
      assertThat(cluster.errors())
          .containsExactly(
              "flotilla: port %d, for clients of node 1, is taken".formatted(taken.getLocalPort()));
    }
  }

  @Test
  void shouldRefuseWhatContradictsACluster() throws Exception {
    assertRefused(
        "flotilla: --set node.id=7: every node of the cluster gets its own", "--set", "node.id=7");
    assertRefused("flotilla: --nodes 0: 1 to 100", "--nodes", "0");
    assertRefused(
        "flotilla: unknown key log.dri; did you mean log.dir?",
        "--nodes",
        "1",
        "--set",
        "log.dri=x");
  }

  @Test
  void shouldLeaveOutWhatAFileSaysOfOneNode() throws Exception {
    // given
    Path file = temporary.resolve("server.properties");
    Files.writeString(file, "broker.id=3\nlisteners=PLAINTEXT://:9\nnum.partitions=5\n");

    // when
    Invocation cluster =
        cluster(
            "--nodes", "1", "--first-id", "0", "--port", "" + port, "--config", file.toString());
    ready(cluster);

    // then
    assertThat(cluster.errors().getFirst())
        .isEqualTo(
            "flotilla: broker.id, listeners in %s: not used, every node of the cluster gets its own"
                .formatted(file));
    assertThat(settings(Files.readString(directory.resolve("node-0.properties"))))
        .contains("num.partitions=5", "node.id=0")
        .noneMatch(line -> line.startsWith("broker.id"));
  }

  private void assertRefused(String reason, String... arguments) throws Exception {
    Invocation cluster = cluster(arguments);
    assertThat(cluster.status()).isEqualTo(2);
    assertThat(cluster.errors()).containsExactly(reason);
  }

  private static List<String> settings(String file) {
    return file.lines().filter(line -> !line.startsWith("#")).sorted().toList();
  }

  private Invocation cluster(String... arguments) {
    List<String> all = new ArrayList<>(List.of("cluster", "--data", directory.toString()));
    all.addAll(List.of(arguments));
    Invocation invocation = Invocation.start(all.toArray(String[]::new));
    invocations.add(invocation);
    return invocation;
  }

  /** What it prints when every node is ready. */
  private static String ready(Invocation cluster) {
    Await.until(() -> {
      assertThat(cluster.isAlive()).as(() -> String.join("\n", cluster.errors())).isTrue();
      return cluster.out().endsWith("\n");
    });
    return cluster.out().strip();
  }

  private long pid(int node) throws IOException {
    return Long.parseLong(Files.readString(directory.resolve("node-" + node + "/pid")).trim());
  }
}
