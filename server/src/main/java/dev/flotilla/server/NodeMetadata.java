package dev.flotilla.server;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.proto.metadata.ClusterSettings;
import dev.flotilla.server.config.NodeConfig;
import dev.flotilla.server.metadata.Formation;
import dev.flotilla.server.metadata.Metadata;
import dev.flotilla.server.metadata.MetadataGroup;
import dev.flotilla.storage.FlushMode;
import java.io.IOException;
import java.time.Clock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Starts the cluster's metadata on this node and forms the cluster once. */
final class NodeMetadata {

  private static final long SNAPSHOT_EVERY = 1_000;
  private static final long READY_WITHIN_SECONDS = 60;

  private NodeMetadata() {}

  /**
   * Starts it, waits until it may be changed, and forms the cluster if that has not been done.
   *
   * @param closing closes what was started
   */
  static Metadata start(
      NodeConfig config, DataDirectory directory, MetricRegistry registry, Closing closing)
      throws StartFailure, IOException, InterruptedException {
    MetadataGroup group =
        closing.add(
            MetadataGroup.start(
                directory,
                config.raftListener().host(),
                0,
                config.storageEngine(),
                FlushMode.COMMIT,
                Clock.systemUTC(),
                registry));
    Metadata metadata = closing.add(new Metadata(config.nodeId(), SNAPSHOT_EVERY, group));
    await(metadata.ready(), "the metadata group has no leader");
    ClusterSettings wanted =
        ClusterSettings.newBuilder()
            .setClusterId(directory.identity().clusterId())
            .setOffsetsTopicPartitions(config.offsetsTopicPartitions())
            .build();
    await(new Formation(metadata).form(wanted), "the cluster was not formed");
    directory.markFormed();
    return metadata;
  }

  /** Waits for what the start of a node needs. */
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
