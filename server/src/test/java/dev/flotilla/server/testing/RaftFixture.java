package dev.flotilla.server.testing;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.RaftNode;
import dev.flotilla.raft.RaftNodeConfig;
import dev.flotilla.raft.ReplicaQuarantinedException;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.metadata.Replica;
import dev.flotilla.server.partition.ReplicaLogs;
import dev.flotilla.storage.FlushMode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/** A node's partitions on real Raft groups of one voter, stored by the mmap engine. */
public final class RaftFixture implements AutoCloseable {

  /** What the Raft server of this start tells of itself. */
  public final MetricRegistry registry = new MetricRegistry();

  public final PartitionFixture node;

  private final RaftNode raft;

  /** Starts on a directory, empty or left by an earlier one. */
  public RaftFixture(Path directory, Executor readers) throws IOException {
    raft =
        RaftNode.start(
            new RaftNodeConfig(
                new Voter("1-peer", PartitionFixture.NODE, "127.0.0.1", 0),
                directory,
                "mmap",
                FlushMode.COMMIT,
                Map.of(),
                16 << 20,
                (4 << 20) + (64 << 10),
                16 << 20,
                Duration.ofMillis(400),
                Duration.ofMillis(800),
                Clock.systemUTC()),
            registry);
    node = new PartitionFixture(ReplicaLogs.of(raft), readers);
  }

  /** Creates a topic's only partition; returns once it may be served. */
  public Uuid create(String topic, Map<String, String> config) {
    Uuid id = node.topics.add(topic, config);
    node.partitions.create(replica(topic, id), List.of(raft.self()));
    awaitReady(topic);
    return id;
  }

  /** Opens the partition of a topic that an earlier node created. */
  public void open(String topic, Uuid id) throws ReplicaQuarantinedException {
    node.topics.put(topic, id);
    node.partitions.open(replica(topic, id), List.of(raft.self().nodeId()));
    awaitReady(topic);
  }

  private void awaitReady(String topic) {
    var log = node.partitions.get(new TopicPartition(topic, 0)).log();
    Await.until(() -> log.leadership() instanceof Leadership.Ready);
  }

  private static Replica replica(String topic, Uuid id) {
    return Replica.of(new TopicIdPartition(id, 0, topic));
  }

  @Override
  public void close() {
    node.close();
    raft.close();
  }
}
