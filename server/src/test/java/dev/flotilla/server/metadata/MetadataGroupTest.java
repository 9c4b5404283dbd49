package dev.flotilla.server.metadata;

import static dev.flotilla.server.testing.SingleNode.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.proto.peer.Sender;
import dev.flotilla.raft.CommandStateMachine;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.DataDirectory;
import dev.flotilla.server.peer.PeerRequests;
import dev.flotilla.server.testing.SingleNode;
import dev.flotilla.storage.FlushMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.image.MetadataImage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The metadata on the real log: Raft over a storage engine, in files. */
class MetadataGroupTest {

  private static final int NODE_ID = 1;
  private static final int SNAPSHOT_EVERY = 20;

  @TempDir Path path = Path.of("");

  /** A node's metadata from the lock on its directory up. */
  private static final class Node implements AutoCloseable {
    final DataDirectory directory;
    final MetadataGroup group;
    final Metadata metadata;
    final AtomicInteger applied = new AtomicInteger();
    final AtomicLong restored = new AtomicLong(-1);

    Node(Path path) throws IOException {
      directory = DataDirectory.open(path, NODE_ID, Optional.empty());
      group =
          MetadataGroup.start(
              directory,
              "127.0.0.1",
              0,
              "mmap",
              FlushMode.COMMIT,
              Clock.systemUTC(),
              new MetricRegistry(),
              new PeerRequests(Sender::getDefaultInstance)::handle);
      metadata =
          new Metadata(
              NODE_ID,
              SNAPSHOT_EVERY,
              (stateMachine, listener) -> group.open(counting(stateMachine), listener));
      await(metadata.ready());
    }

    private CommandStateMachine counting(CommandStateMachine stateMachine) {
      return new CommandStateMachine() {
        @Override
        public ByteBuffer apply(long index, long term, ByteBuffer command) {
          applied.incrementAndGet();
          return stateMachine.apply(index, term, command);
        }

        @Override
        public ByteBuffer snapshot() {
          return stateMachine.snapshot();
        }

        @Override
        public void restore(long index, ByteBuffer snapshot) {
          restored.set(index);
          stateMachine.restore(index, snapshot);
        }
      };
    }

    void form() throws IOException {
      var formation = new Formation(metadata);
      var id = directory.identity();
      await(formation.form(SingleNode.clusterSettings(id.clusterId().orElseThrow())));
      directory.markFormed(directory.identity().clusterId().orElseThrow());
      await(
          formation.register(
              new Voter(directory.peerId(), NODE_ID, "127.0.0.1", 7000),
              id.directoryId(),
              Optional.empty(),
              List.of(new Endpoint("PLAINTEXT", SecurityProtocol.PLAINTEXT, "127.0.0.1", 9092))));
    }

    void claimProducerIds(int blocks) {
      for (var i = 0; i < blocks; i++) {
        await(new ProducerIds(metadata, NODE_ID).next());
      }
    }

    /** Lets go of everything without a last snapshot, as far as one process can. */
    void abandon() throws IOException {
      group.close();
      directory.close();
    }

    @Override
    public void close() throws IOException {
      metadata.close();
      group.close();
      directory.close();
    }
  }

  private static void assertSameEntities(MetadataImage actual, MetadataImage expected) {
    assertThat(actual.topics()).isEqualTo(expected.topics());
    assertThat(actual.cluster()).isEqualTo(expected.cluster());
    assertThat(actual.configs()).isEqualTo(expected.configs());
    assertThat(actual.features()).isEqualTo(expected.features());
    assertThat(actual.producerIds()).isEqualTo(expected.producerIds());
  }

  @Test
  void shouldFormOnceAndKnowTheClusterAfterARestart() throws IOException {
    String clusterId;
    try (var node = new Node(path)) {
      node.form();
      clusterId = node.directory.identity().clusterId().orElseThrow();
    }

    try (var node = new Node(path)) {
      node.form();
      assertThat(node.metadata.clusterSettings().orElseThrow())
          .isEqualTo(SingleNode.clusterSettings(clusterId));
      assertThat(node.metadata.image().cluster().brokers()).hasSize(1);
      assertThat(node.metadata.voter(NODE_ID).orElseThrow().port()).isEqualTo(7000);
      assertThat(node.metadata.cache().features().finalizedFeatures())
          .containsEntry("group.version", (short) 1);
    }
  }

  @Test
  void shouldRestartFromASnapshotWithTheLogPurgedBehindIt() throws IOException {
    MetadataImage before;
    int commands;
    try (var node = new Node(path)) {
      node.form();
      node.claimProducerIds(3 * SNAPSHOT_EVERY);
      before = node.metadata.image();
      commands = node.applied.get();
    }

    try (var node = new Node(path)) {
      await(node.metadata.submit(new Commands().build()));
      assertThat(node.restored.get()).isGreaterThan(3L * SNAPSHOT_EVERY);
      assertThat(node.applied.get()).isLessThan(commands / 2);
      assertSameEntities(node.metadata.image(), before);
    }
  }

  @Test
  void shouldReplayWhatNoSnapshotHolds() throws IOException {
    var node = new Node(path);
    node.form();
    node.claimProducerIds(SNAPSHOT_EVERY + 7);
    var before = node.metadata.image();
    node.abandon();

    try (var again = new Node(path)) {
      await(again.metadata.submit(new Commands().build()));
      assertSameEntities(again.metadata.image(), before);
    }
  }

  @Test
  void shouldRefuseToBeginAnewWhereTheMetadataIsMissing() throws IOException {
    try (var node = new Node(path)) {
      node.form();
    }
    try (var files = java.nio.file.Files.walk(path.resolve("metadata"))) {
      for (var file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        java.nio.file.Files.delete(file);
      }
    }

    try (var directory = DataDirectory.open(path, NODE_ID, Optional.empty());
        var group =
            MetadataGroup.start(
                directory,
                "127.0.0.1",
                0,
                "mmap",
                FlushMode.COMMIT,
                Clock.systemUTC(),
                new MetricRegistry(),
                new PeerRequests(Sender::getDefaultInstance)::handle)) {
      assertThatThrownBy(() -> new Metadata(NODE_ID, SNAPSHOT_EVERY, group))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("is missing");
    }
  }
}
