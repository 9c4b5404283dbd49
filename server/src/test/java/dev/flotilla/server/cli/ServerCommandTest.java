package dev.flotilla.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.testing.NodeUnderTest;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Starts of {@code flotilla} that fail, each in a process of its own: it ends, with a status and
 * one line.
 */
@Timeout(120)
final class ServerCommandTest {

  @TempDir Path directory;

  private record Ended(int status, String out, List<String> errors) {}

  @Test
  void shouldExplainItself() throws Exception {
    Ended ended = run("server", "--help");

    assertThat(ended.status()).isZero();
    assertThat(ended.out()).contains("Usage: flotilla server", "--set");
    assertThat(ended.errors()).isEmpty();
  }

  @Test
  void shouldSuggestTheKeyThatWasMeant() throws Exception {
    assertFails(
        server("--set", "log.dri=" + directory), 2, "unknown key log.dri; did you mean log.dir?");
  }

  @Test
  void shouldNameAFileThatIsNotThereOrCannotBeRead() throws Exception {
    Path absent = directory.resolve("absent.properties");
    assertFails(server(absent.toString()), 2, "there is no file " + absent);
    assertFails(
        server(directory.toString()), 2, "file " + directory + " cannot be read: Is a directory");
  }

  @Test
  void shouldRefuseTheDataOfAnotherNode() throws Exception {
    NodeUnderTest.start(directory, Map.of()).close();

    assertFails(
        server("--set", "node.id=7"),
        1,
        "data directory " + directory + " is node 1's, this is node 7");
  }

  @Test
  void shouldRefuseDataThatIsInUse() throws Exception {
    try (NodeUnderTest node = NodeUnderTest.start(directory, Map.of())) {
      long pid = ProcessHandle.current().pid();
      assertFails(server(), 1, "data directory " + directory + " is used by process " + pid);
      assertThat(node.get("/health/ready").statusCode()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"listeners=PLAINTEXT://", "metrics.listener="})
  void shouldNameAPortThatIsTaken(String setting) throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      String address = "127.0.0.1:" + taken.getLocalPort();

      Ended ended = run(server("--set", setting + address));

      assertThat(ended.status()).isEqualTo(1);
      assertThat(ended.errors())
          .singleElement()
          .asString()
          .startsWith("flotilla: cannot ")
          .endsWith(address + ": Address already in use");
    }
  }

  @Test
  void shouldNameTheFlagsThatAnEngineMissesOfTheJvm() throws Exception {
    try (Invocation server =
        Invocation.start(
            List.of("--enable-native-access=ALL-UNNAMED"),
            server("--set", "storage.engine=lmdb"))) {
      assertThat(server.status()).isEqualTo(1);
      assertThat(server.errors())
          .filteredOn(line -> line.startsWith("flotilla: "))
          .singleElement()
          .asString()
          .contains(
              "the storage engine lmdb needs the JVM to be started with",
              "--add-opens java.base/java.nio=ALL-UNNAMED");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"segment", "descriptor"})
  void shouldRefuseDamagedMetadataAndEnd(String kind) throws Exception {
    // given
    NodeUnderTest.start(directory, Map.of()).close();
    for (Path file : filesOf(directory.resolve("metadata"), kind)) {
      damage(file);
    }

    // when
    Ended ended = run(server());

    // then
    assertThat(ended.status()).isEqualTo(1);
    assertThat(ended.errors().stream().filter(line -> line.startsWith("flotilla: ")))
        .singleElement()
        .asString()
        .contains(directory.resolve("metadata").toString(), "damaged");
    assertThat(ended.errors()).noneMatch(line -> line.startsWith("\tat "));
  }

  @Test
  void shouldGoOnInTheBackgroundOnceItIsReady() throws Exception {
    // when
    Ended ended = run(server("--daemon"));

    // then
    assertThat(ended.errors()).isEmpty();
    assertThat(ended.status()).isZero();
    assertThat(ended.out()).startsWith("node 1 is ready: PLAINTEXT://127.0.0.1:");
    ProcessHandle node = ProcessHandle.of(pid()).orElseThrow();
    try {
      assertThat(directory.resolve("log")).content().contains(ended.out().strip());

      // and then: a second one says why it does not start
      assertFails(
          server("--daemon"),
          1,
          "data directory " + directory + " is used by process " + node.pid());

      // when: it is told to stop
      node.destroy();
      node.onExit().get(60, TimeUnit.SECONDS);
      assertThat(directory.resolve("pid")).doesNotExist();
    } finally {
      node.destroyForcibly();
    }
  }

  private long pid() throws IOException {
    return Long.parseLong(Files.readString(directory.resolve("pid")).trim());
  }

  private static List<Path> filesOf(Path directory, String kind) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      List<Path> found = files.filter(file -> file.toString().endsWith(kind)).toList();
      assertThat(found).isNotEmpty();
      return found;
    }
  }

  /** Changes some bytes near the beginning. */
  private static void damage(Path file) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(10);
      byte[] some = new byte[90];
      bytes.readFully(some);
      for (int i = 0; i < some.length; i++) {
        some[i] ^= 0x5a;
      }
      bytes.seek(10);
      bytes.write(some);
    }
  }

  private void assertFails(String[] arguments, int status, String reason) throws Exception {
    Ended ended = run(arguments);
    assertThat(ended.errors()).containsExactly("flotilla: " + reason);
    assertThat(ended.status()).isEqualTo(status);
  }

  /** A server on the test's directory and free ports; what is given last wins. */
  private String[] server(String... more) {
    List<String> arguments = new ArrayList<>(List.of("server"));
    Map.of(
            "log.dirs", directory.toString(),
            "listeners", "PLAINTEXT://127.0.0.1:0",
            "metrics.listener", "127.0.0.1:0")
        .forEach((key, value) -> {
          if (Stream.of(more).noneMatch(given -> given.startsWith(key + "="))) {
            arguments.addAll(List.of("--set", key + "=" + value));
          }
        });
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private static Ended run(String... arguments) throws IOException, InterruptedException {
    try (Invocation invocation = Invocation.start(arguments)) {
      return new Ended(invocation.status(), invocation.out(), invocation.errors());
    }
  }
}
