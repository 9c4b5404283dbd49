package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that is watched by another one, through a network that fails. */
class PeerWatchTest {

  private static final Duration SHORT = Duration.ofMillis(400);

  @TempDir Path directory;

  private RaftNode watching;
  private RaftNode watched;
  private TcpProxy network;

  @BeforeEach
  void start() throws Exception {
    watching = TestNodes.start(TestNodes.config(directory.resolve("watching"), 1, 0, "mmap"));
    watched = TestNodes.start(TestNodes.config(directory.resolve("watched"), 2, 0, "mmap"));
    network = new TcpProxy(watched.self().port());
  }

  @AfterEach
  void stop() throws Exception {
    watching.close();
    watched.close();
    network.close();
  }

  private Peers.Watch watch(Duration silence, Heard heard) {
    return watching.peers().watch("127.0.0.1", network.port(), silence, heard);
  }

  @Test
  void shouldHearOfABrokenConnectionWithoutAsking() throws Exception {
    // given a watch that asks every quarter of an hour
    Heard heard = new Heard();
    try (Peers.Watch watch = watch(Duration.ofHours(1), heard)) {
      assertThat(watch).isNotNull();
      assertThat(heard.next()).isEqualTo("reachable");

      // when
      network.breakDown();

      // then
      assertThat(heard.next()).contains("127.0.0.1:" + network.port(), "broke");
    }
  }

  @Test
  void shouldHearOfANodeThatCloses() throws Exception {
    // given
    Heard heard = new Heard();
    try (Peers.Watch watch = watch(Duration.ofHours(1), heard)) {
      assertThat(watch).isNotNull();
      assertThat(heard.next()).isEqualTo("reachable");

      // when
      watched.close();

      // then
      assertThat(heard.next()).contains("broke");
    }
  }

  @Test
  void shouldFindAPeerAgainThatWasGone() throws Exception {
    // given
    Heard heard = new Heard();
    try (Peers.Watch watch = watch(SHORT, heard)) {
      assertThat(watch).isNotNull();
      assertThat(heard.next()).isEqualTo("reachable");
      for (int i = 0; i < 3; i++) {
        // when
        network.breakDown();
        assertThat(heard.next()).startsWith("unreachable");
        network.mend();

        // then
        assertThat(heard.next()).isEqualTo("reachable");
      }
    }
  }

  @Test
  void shouldMissAPeerThatIsSilent() throws Exception {
    // given
    Heard heard = new Heard();
    try (Peers.Watch watch = watch(SHORT, heard)) {
      assertThat(watch).isNotNull();
      assertThat(heard.next()).isEqualTo("reachable");

      // when nothing gets through, and the connection stands
      network.cut();

      // then
      assertThat(heard.next()).contains("no answer for");

      // when
      network.heal();

      // then
      assertThat(heard.next()).isEqualTo("reachable");
    }
  }

  @Test
  void shouldSayNothingOfAPeerThatWasNeverThereOrIsNoLongerWatched() throws Exception {
    // given
    network.breakDown();
    Heard heard = new Heard();
    Peers.Watch first = watch(SHORT, heard);
    Heard second = new Heard();
    try (Peers.Watch watch = watch(SHORT, second)) {
      assertThat(watch).isNotNull();

      // when
      first.close();
      network.mend();
      assertThat(second.next()).isEqualTo("reachable");
      network.breakDown();

      // then
      assertThat(second.next()).startsWith("unreachable");
      assertThat(heard.all).isEmpty();
    }
  }

  private static final class Heard implements PeerListener {

    final BlockingQueue<String> all = new LinkedBlockingQueue<>();

    @Override
    public void reachable() {
      all.add("reachable");
    }

    @Override
    public void unreachable(String reason) {
      all.add("unreachable: " + reason);
    }

    String next() throws InterruptedException {
      String event = all.poll(TestNodes.DEADLINE.toSeconds(), TimeUnit.SECONDS);
      assertThat(event).as("word of the peer").isNotNull();
      return String.valueOf(event);
    }
  }
}
