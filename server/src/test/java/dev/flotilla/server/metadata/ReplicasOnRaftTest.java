package dev.flotilla.server.metadata;

import static dev.flotilla.server.testing.SingleNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.proto.peer.Sender;
import dev.flotilla.raft.RaftNode;
import dev.flotilla.raft.RaftNodeConfig;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.DataDirectory;
import dev.flotilla.server.metadata.Failpoints.Step;
import dev.flotilla.server.partition.ImageTopics;
import dev.flotilla.server.partition.Partitions;
import dev.flotilla.server.partition.ReplicaLogs;
import dev.flotilla.server.peer.PeerRequests;
import dev.flotilla.server.testing.SingleNode;
import dev.flotilla.storage.FlushMode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.image.MetadataImage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Metadata, reconciler and partitions on two Raft servers and files: topics become logs. */
class ReplicasOnRaftTest {

  private static final int NODE_ID = 1;
  private static final int PARTITIONS = 3;

  @TempDir Path path = Path.of("");

  /** What a failpoint does: the process ends here. */
  private static final class Crash extends Error {
    private static final long serialVersionUID = 1;
  }

  /** All of a node but its network. */
  private static final class Node implements AutoCloseable {
    final DataDirectory directory;
    final MetadataGroup group;
    final Metadata metadata;
    final RaftNode raft;
    final Partitions partitions;
    final Reconciler reconciler;
    final TopicCreation creation;

    Node(Path path, Failpoints failpoints) throws IOException {
      directory = DataDirectory.open(path, NODE_ID, Optional.empty());
      var metrics = new MetricRegistry();
      group =
          MetadataGroup.start(
              directory,
              "127.0.0.1",
              0,
              "mmap",
              FlushMode.COMMIT,
              Clock.systemUTC(),
              metrics,
              new PeerRequests(Sender::getDefaultInstance)::handle);
      metadata = new Metadata(NODE_ID, 100, group);
      raft = RaftNode.start(raftConfig(directory), new MetricRegistry());
      await(metadata.ready());
      var formation = new Formation(metadata);
      await(
          formation.form(
              SingleNode.clusterSettings(directory.identity().clusterId().orElseThrow())));
      directory.markFormed(directory.identity().clusterId().orElseThrow());
      await(
          formation.register(
              raft.self(),
              directory.identity().directoryId(),
              Optional.empty(),
              List.of(new Endpoint("PLAINTEXT", SecurityProtocol.PLAINTEXT, "127.0.0.1", 9092))));
      var settings = new NodeSettings(new ConfigDef(), Map.of(), Set.of("mmap"));
      var configs = new TopicConfigs(settings);
      partitions =
          new Partitions(
              NODE_ID,
              ReplicaLogs.of(raft),
              new ImageTopics(metadata::image, configs),
              metadata,
              Duration.ofDays(1));
      reconciler =
          new Reconciler(
              metadata,
              NODE_ID,
              directory.identity().directoryId(),
              directory.replicaLedger(),
              partitions,
              failpoints);
      creation = new TopicCreation(metadata, settings, configs, new Random(1));
    }

    private static RaftNodeConfig raftConfig(DataDirectory directory) {
      return new RaftNodeConfig(
          new Voter(directory.peerId(), NODE_ID, "127.0.0.1", 0),
          directory.data(),
          "mmap",
          FlushMode.COMMIT,
          Map.of(),
          4 << 20,
          (1 << 20) + (64 << 10),
          16 << 20,
          Duration.ofSeconds(2),
          Duration.ofSeconds(4),
          Clock.systemUTC());
    }

    Uuid create(String name) {
      return await(
              creation.create(
                  new CreatableTopic()
                      .setName(name)
                      .setNumPartitions(PARTITIONS)
                      .setReplicationFactor((short) 1)))
          .id();
    }

    boolean isLed(Uuid id) {
      return isLed(metadata.image(), id);
    }

    private static boolean isLed(MetadataImage image, Uuid id) {
      var topic = image.topics().getTopic(id);
      return topic != null
          && topic.partitions().size() == PARTITIONS
          && topic.partitions().values().stream().allMatch(p -> p.leader == NODE_ID);
    }

    @Override
    public void close() throws IOException {
      reconciler.close();
      metadata.close();
      raft.close();
      group.close();
      directory.close();
    }
  }

  private static void eventually(BooleanSupplier condition) {
    var deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      LockSupport.parkNanos(5_000_000);
    }
  }

  @Test
  void shouldLeadANewTopicWhenItsCreationCompletesAndAgainAfterARestart() throws IOException {
    Uuid id;
    int term;
    try (var node = new Node(path, Failpoints.NONE)) {
      id = node.create("orders");
      assertThat(node.isLed(id)).isTrue();
      assertThat(node.partitions.running()).hasSize(PARTITIONS);
      term = node.metadata.image().topics().getPartition(id, 0).leaderEpoch;
      assertThat(term).isPositive();
    }

    try (var node = new Node(path, Failpoints.NONE)) {
      eventually(() -> node.isLed(id));
      assertThat(node.metadata.image().topics().getPartition(id, 0).leaderEpoch)
          .isGreaterThan(term);
      assertThat(node.reconciler.quarantined()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"REPLICA_WIPED", "EMPTY_CREATED", "EMPTY_RECORDED"})
  void shouldFinishWhatACrashInterruptedAtAnyStep(Step step) throws Exception {
    Uuid kept;
    Uuid gone;
    try (var node = new Node(path, Failpoints.NONE)) {
      gone = node.create("gone");
    }
    var crashed = new CountDownLatch(1);
    Failpoints crash =
        reached -> {
          if (reached == step) {
            crashed.countDown();
            throw new Crash();
          }
        };
    try (var node = new Node(path, crash)) {
      var deleting = new TopicDeletion(node.metadata).delete(gone);
      await(deleting);
      kept = node.create("kept");
      assertThat(crashed.await(20, TimeUnit.SECONDS)).isTrue();
    }

    try (var node = new Node(path, Failpoints.NONE)) {
      eventually(() -> node.isLed(kept));
      eventually(() -> node.raft.storedGroups().size() == PARTITIONS);
      assertThat(node.raft.storedGroups()).contains(Replica.groupOf(kept, 0));
      assertThat(node.reconciler.quarantined()).isEmpty();
    }
  }
}
