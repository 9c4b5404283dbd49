package dev.flotilla.server.metadata;

import dev.flotilla.proto.metadata.ClusterSettings;
import dev.flotilla.proto.metadata.Entity;
import dev.flotilla.proto.metadata.Feature;
import dev.flotilla.proto.peer.FormingRecord;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.metadata.Registrations.Registration;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.server.common.GroupVersion;

/** What a starting node says to the metadata group: what the cluster is, and that it is here. */
public final class Formation {

  private final Metadata metadata;

  public Formation(Metadata metadata) {
    this.metadata = metadata;
  }

  /**
   * Fixes the cluster's settings, if nobody has. Completes with those in force, which may differ in
   * all but the cluster id; {@link dev.flotilla.server.DataDirectory#markFormed} follows. Every
   * node that forms a cluster may say it, again and again.
   *
   * <p>Fails with {@link IllegalStateException} if the metadata is another cluster's.
   */
  public CompletableFuture<ClusterSettings> form(ClusterSettings wanted) {
    var command =
        new Commands()
            .expectAbsent(EntityKey.CLUSTER)
            .put(Entity.newBuilder().setCluster(wanted).build())
            .put(feature(GroupVersion.FEATURE_NAME, GroupVersion.LATEST_PRODUCTION.featureLevel()))
            .build();
    return metadata
        .submitUntilDecided(command)
        .thenApply(outcome -> {
          var settings = metadata.clusterSettings().orElseThrow();
          if (!settings.getClusterId().equals(wanted.getClusterId())) {
            throw new IllegalStateException(
                "the data directory is of cluster %s, but the metadata in it of cluster %s"
                    .formatted(wanted.getClusterId(), settings.getClusterId()));
          }
          return settings;
        });
  }

  /** The settings of a cluster that was agreed on. */
  public static ClusterSettings settings(FormingRecord record) {
    return ClusterSettings.newBuilder()
        .setClusterId(record.getClusterId())
        .setOffsetsTopicPartitions(record.getOffsetsTopicPartitions())
        .setFirstNodes(record.getMembersCount())
        .build();
  }

  private static Entity feature(String name, short level) {
    return Entity.newBuilder()
        .setFeature(Feature.newBuilder().setName(name).setLevel(level))
        .build();
  }

  /**
   * Registers the only node of a cluster anew, in the place of its registration before: it serves
   * clients at once. Completes when the image shows it.
   *
   * @param data this node as a voter of data groups
   * @param directoryId the id of its data directory
   * @param endpoints how clients reach it, by listener
   */
  public CompletableFuture<Outcome> register(
      Voter data, Uuid directoryId, Optional<String> rack, Collection<Endpoint> endpoints) {
    return new Registrations(metadata)
        .register(
            new Registration(
                data,
                directoryId,
                rack,
                endpoints,
                Uuid.randomUuid(),
                RegisteredNode.State.SERVING),
            Duration.ZERO);
  }
}
