package dev.flotilla.benchmarks.jmh;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.RaftNode;
import dev.flotilla.raft.RaftNodeConfig;
import dev.flotilla.raft.ReplicaListener;
import dev.flotilla.raft.ReplicatedLog;
import dev.flotilla.raft.Voter;
import dev.flotilla.storage.FlushMode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Three Raft servers on loopback, and one log of which the first leads. */
final class Trio implements AutoCloseable {

  private static final int SERVERS = 3;
  private static final int MAX_ENTRY_BYTES = (1 << 20) + (64 << 10);

  /** Long beyond any pause: an election in the middle would be measured as an append. */
  private static final Duration ELECTION_TIMEOUT = Duration.ofSeconds(10);

  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

  private final List<RaftNode> nodes = new ArrayList<>();
  private final ReplicatedLog leader;

  private Trio(List<Voter> voters, Path directory, String engine)
      throws IOException, InterruptedException {
    for (Voter voter : voters) {
      nodes.add(RaftNode.start(config(voter, directory, engine), new MetricRegistry()));
    }
    UUID group = UUID.randomUUID();
    CountDownLatch ready = new CountDownLatch(1);
    for (int i = SERVERS - 1; i > 0; i--) {
      nodes.get(i).createLog(group, "measured", voters, new NoState(), new Ready(() -> {}));
    }
    leader =
        nodes
            .getFirst()
            .createLog(group, "measured", voters, new NoState(), new Ready(ready::countDown));
    nodes.getFirst().campaign(group);
    if (!ready.await(START_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
      close();
      throw new IllegalStateException("no leader within " + START_TIMEOUT);
    }
  }

  /** Starts them, each with its own directory and its own engine. */
  static Trio start(Path directory, String engine) throws IOException, InterruptedException {
    List<Voter> voters = new ArrayList<>();
    for (int i = 0; i < SERVERS; i++) {
      voters.add(new Voter(i + "-measured", i, "127.0.0.1", freePort()));
    }
    return new Trio(voters, directory, engine);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static RaftNodeConfig config(Voter self, Path directory, String engine) {
    return new RaftNodeConfig(
        self,
        directory.resolve(self.peerId()),
        engine,
        FlushMode.COMMIT,
        Map.of(),
        1 << 30,
        MAX_ENTRY_BYTES,
        64 << 20,
        ELECTION_TIMEOUT,
        ELECTION_TIMEOUT.multipliedBy(2),
        Clock.systemUTC());
  }

  ReplicatedLog leader() {
    return leader;
  }

  @Override
  public void close() {
    nodes.forEach(RaftNode::close);
  }

  /** Tells when a replica leads and may serve. */
  private record Ready(Runnable told) implements ReplicaListener {

    @Override
    public void leadershipChanged(Leadership leadership) {
      if (leadership instanceof Leadership.Ready) {
        told.run();
      }
    }

    @Override
    public void highWatermarkChanged(long highWatermark) {}
  }
}
