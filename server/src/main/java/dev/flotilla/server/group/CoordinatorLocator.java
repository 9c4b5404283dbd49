package dev.flotilla.server.group;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the node that coordinates a group: the one that leads the group's partition of {@code
 * __consumer_offsets}. The first to ask has the topic created. Any thread may call; nothing blocks.
 */
public final class CoordinatorLocator {

  private static final Logger LOG = LoggerFactory.getLogger(CoordinatorLocator.class);

  private final ToIntFunction<String> partitionOf;
  private final Supplier<MetadataImage> images;
  private final Function<Predicate<MetadataImage>, CompletableFuture<MetadataImage>> when;
  private final Supplier<? extends CompletableFuture<?>> creation;
  private final Duration patience;

  /**
   * @param partitionOf the partition of a group
   * @param images the metadata image of this node
   * @param when completes with the first image that meets a condition; cancelled by who gives up
   * @param creation makes sure that {@code __consumer_offsets} exists; completes when the image of
   *     this node has it
   * @param patience how long a question may wait for the topic and a leader
   */
  public CoordinatorLocator(
      ToIntFunction<String> partitionOf,
      Supplier<MetadataImage> images,
      Function<Predicate<MetadataImage>, CompletableFuture<MetadataImage>> when,
      Supplier<? extends CompletableFuture<?>> creation,
      Duration patience) {
    this.partitionOf = partitionOf;
    this.images = images;
    this.when = when;
    this.creation = creation;
    this.patience = patience;
  }

  /** The coordinator of a group, as clients of a listener reach it; empty if there is none yet. */
  public CompletableFuture<Optional<Node>> locate(String group, ListenerName listener) {
    int partition = partitionOf.applyAsInt(group);
    MetadataImage now = images.get();
    Optional<Node> known = leader(now, partition, listener);
    if (known.isPresent()) {
      return CompletableFuture.completedFuture(known);
    }
    if (now.topics().getTopic(Topic.GROUP_METADATA_TOPIC_NAME) == null) {
      create();
    }
    var led = when.apply(image -> leader(image, partition, listener).isPresent());
    return led.thenApply(image -> leader(image, partition, listener))
        .completeOnTimeout(Optional.empty(), patience.toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete((found, failure) -> led.cancel(false));
  }

  private void create() {
    var _ =
        creation
            .get()
            .whenComplete((created, failure) -> {
              if (failure != null) {
                LOG.warn("{} was not created", Topic.GROUP_METADATA_TOPIC_NAME, failure);
              }
            });
  }

  private static Optional<Node> leader(MetadataImage image, int partition, ListenerName listener) {
    TopicImage topic = image.topics().getTopic(Topic.GROUP_METADATA_TOPIC_NAME);
    return Optional.ofNullable(topic)
        .map(found -> found.partitions().get(partition))
        .map(registration -> image.cluster().broker(registration.leader))
        .filter(broker -> !broker.fenced())
        .flatMap(broker -> broker.node(listener.value()));
  }
}
