package dev.flotilla.server.metadata;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.UnknownTopicIdException;

/** Deletes topics. Any thread may call; nothing blocks. */
public final class TopicDeletion {

  private final Metadata metadata;

  public TopicDeletion(Metadata metadata) {
    this.metadata = metadata;
  }

  /**
   * Deletes the topic with this id. Completes when this node's image no longer has it; fails with
   * an {@link ApiException} for the client, or a {@link dev.flotilla.raft.ReplicatedLogException}
   * after which the topic may exist or not.
   */
  public CompletableFuture<Void> delete(Uuid id) {
    var topic = metadata.image().topics().getTopic(id);
    var stored = topic == null ? null : metadata.find(EntityKey.topic(topic.name())).orElse(null);
    if (stored == null || !stored.entity().getTopic().getId().equals(EntityKey.bytes(id))) {
      return CompletableFuture.failedFuture(
          new UnknownTopicIdException("This server does not host topic ID " + id + "."));
    }
    var commands =
        new Commands()
            .expect(EntityKey.of(stored.entity()), stored.version())
            .delete(EntityKey.of(stored.entity()))
            .deleteStartingWith(EntityKey.partitionsOf(id))
            .deleteStartingWith(EntityKey.rebuildsOf(id));
    return metadata
        .submit(commands.build())
        .thenCompose(outcome ->
            switch (outcome) {
              case Outcome.Done done -> CompletableFuture.completedFuture(null);
              // It changed, or somebody was faster: the image shows it, look again.
              case Outcome.Conflict conflict -> delete(id);
            });
  }
}
