package dev.flotilla.server;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.proto.metadata.ClusterSettings;
import dev.flotilla.proto.peer.Sender;
import dev.flotilla.server.config.NodeConfig;
import dev.flotilla.server.metadata.Formation;
import dev.flotilla.server.metadata.Metadata;
import dev.flotilla.server.metadata.MetadataGroup;
import dev.flotilla.server.peer.PeerRequests;
import dev.flotilla.server.peer.Peers;
import dev.flotilla.storage.FlushMode;
import java.io.IOException;
import java.time.Clock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * The cluster's metadata on this node, and how nodes ask each other.
 *
 * @param metadata what the cluster knows
 * @param group its replica here
 * @param peers asks other nodes
 * @param requests answers them
 */
record NodeMetadata(Metadata metadata, MetadataGroup group, Peers peers, PeerRequests requests) {

  static final long SNAPSHOT_EVERY = 1_000;
  private static final long READY_WITHIN_SECONDS = 60;

  /**
   * Starts the metadata of a node alone, waits until it may be changed, and forms the cluster if
   * that has not been done.
   *
   * @param closing closes what was started
   */
  static NodeMetadata startAlone(
      NodeConfig config, DataDirectory directory, MetricRegistry registry, Closing closing)
      throws StartFailure, IOException, InterruptedException {
    String clusterId = directory.identity().clusterId().orElseThrow();
    Supplier<Sender> self =
        () ->
            Sender.newBuilder()
                .setNodeId(config.nodeId())
                .setPeerId(directory.peerId())
                .setClusterId(clusterId)
                .build();
    PeerRequests requests = new PeerRequests(self);
    MetadataGroup group = group(config, directory, registry, closing, requests);
    Metadata metadata = closing.add(new Metadata(config.nodeId(), SNAPSHOT_EVERY, group));
    await(metadata.ready(), "the metadata group has no leader");
    ClusterSettings wanted =
        ClusterSettings.newBuilder()
            .setClusterId(clusterId)
            .setOffsetsTopicPartitions(config.offsetsTopicPartitions())
            .build();
    await(new Formation(metadata).form(wanted), "the cluster was not formed");
    directory.markFormed(clusterId);
    return new NodeMetadata(metadata, group, new Peers(self, group.peers()::call), requests);
  }

  /** Opens the port, without the group. */
  static MetadataGroup group(
      NodeConfig config,
      DataDirectory directory,
      MetricRegistry registry,
      Closing closing,
      PeerRequests requests)
      throws IOException {
    return closing.add(
        MetadataGroup.start(
            directory,
            config.raftListener().host(),
            config.raftListener().port(),
            config.storageEngine(),
            FlushMode.COMMIT,
            Clock.systemUTC(),
            registry,
            requests::handle));
  }

  /** Waits for what the start of a node needs and only this node can be late with. */
  static <T> T await(CompletableFuture<T> future, String otherwise)
      throws StartFailure, InterruptedException {
    try {
      return future.get(READY_WITHIN_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new StartFailure(otherwise + ": " + e.getCause(), e);
    } catch (TimeoutException e) {
      throw new StartFailure(otherwise + " after " + READY_WITHIN_SECONDS + " s", e);
    }
  }
}
