package dev.flotilla.server.metadata;

import dev.flotilla.proto.metadata.Entity;
import dev.flotilla.proto.metadata.Partition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.MetadataProvenance;
import org.apache.kafka.image.writer.ImageReWriter;
import org.apache.kafka.image.writer.ImageWriterOptions;
import org.apache.kafka.metadata.KRaftMetadataCache;
import org.apache.kafka.server.common.KRaftVersion;
import org.apache.kafka.server.common.MetadataVersion;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The metadata image and the thread that changes it: takes changed entities and reported leaders in
 * the order in which they arrive, replays them into the next image, tells the publishers, then
 * those who wait for it.
 *
 * <p>Any thread may call any method; none blocks but {@link #close}.
 */
final class ImageUpdates implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ImageUpdates.class);

  private final EntitySet entities;
  private final KRaftMetadataCache cache;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("metadata-image").daemon().factory());
  private final List<ImagePublisher> publishers = new CopyOnWriteArrayList<>();

  /** These belong to the thread. */
  private final Leaderships leaderships = new Leaderships();

  private final Rebuilding rebuilding = new Rebuilding();
  private final List<Waiter> waiters = new ArrayList<>();

  private record Waiter(
      Predicate<MetadataImage> condition, CompletableFuture<MetadataImage> future) {}

  ImageUpdates(int nodeId, EntitySet entities) {
    this.entities = entities;
    this.cache = new KRaftMetadataCache(nodeId, () -> KRaftVersion.LATEST_PRODUCTION);
  }

  /** The image of Kafka's that always shows the newest; answers questions about it. */
  KRaftMetadataCache cache() {
    return cache;
  }

  MetadataImage image() {
    return cache.currentImage();
  }

  /** Entities changed. A partition changes, too, when a replica of it begins or ends a rebuild. */
  void changed(EntityChange.Batch batch) {
    run(() -> {
      var provenance =
          new MetadataProvenance(batch.index(), Math.toIntExact(batch.term()), 0, true);
      var rebuilt = rebuilding.changed(batch.changes());
      var records = new ArrayList<>(KafkaRecords.of(batch.changes(), leaderships, rebuilding));
      for (var place : rebuilt) {
        partition(place.topicId(), place.partition()).map(this::record).ifPresent(records::add);
      }
      advance(records, provenance);
    });
  }

  /** Leaders reported themselves: what is news among it becomes one change of the image. */
  void reported(List<LeaderReport> reports) {
    run(() -> {
      var news = new ArrayList<ApiMessage>();
      for (var report : reports) {
        if (leaderships.accept(report)) {
          partition(report.topicId(), report.partition()).map(this::record).ifPresent(news::add);
        }
      }
      if (!news.isEmpty()) {
        advance(news, image().provenance());
      }
    });
  }

  /**
   * A partition as it is stored. The set may be ahead of the image, by a partition or by its
   * deletion: then its own change, which is on its way, takes along what is known here.
   */
  private Optional<Partition> partition(Uuid topicId, int number) {
    var topic = image().topics().getTopic(topicId);
    return topic == null || !topic.partitions().containsKey(number)
        ? Optional.empty()
        : entities
            .find(EntityKey.partition(topicId, number))
            .map(EntityChange.Stored::entity)
            .map(Entity::getPartition);
  }

  private ApiMessage record(Partition partition) {
    var id = EntityKey.uuid(partition.getTopicId());
    var number = partition.getPartition();
    return KafkaRecords.partition(
        partition, leaderships.find(id, number), rebuilding.nodes(id, number));
  }

  /**
   * Completes, on a virtual thread of its own, with the first image that meets a condition, the
   * present one or a later one. Cancel it to give up.
   */
  CompletableFuture<MetadataImage> when(Predicate<MetadataImage> condition) {
    var future = new CompletableFuture<MetadataImage>();
    var waiter = new Waiter(condition, future);
    if (!run(
        () -> {
          waiters.add(waiter);
          completeWaiters();
        })) {
      future.completeExceptionally(new IllegalStateException("metadata is closed"));
    }
    return future;
  }

  /** The publisher first gets all that is known as one change. */
  void addPublisher(ImagePublisher publisher) {
    run(() -> {
      publishers.add(publisher);
      if (!image().isEmpty()) {
        var delta = new MetadataDelta.Builder().setImage(MetadataImage.EMPTY).build();
        var options = new ImageWriterOptions.Builder(MetadataVersion.latestProduction());
        image().write(new ImageReWriter(delta), options.build());
        publish(publisher, delta, image());
      }
    });
  }

  private void advance(List<ApiMessage> records, MetadataProvenance provenance) {
    var delta = new MetadataDelta.Builder().setImage(image()).build();
    records.forEach(delta::replay);
    var image = delta.apply(provenance);
    cache.setImage(image);
    if (!records.isEmpty()) {
      publishers.forEach(publisher -> publish(publisher, delta, image));
    }
    completeWaiters();
  }

  private static void publish(ImagePublisher publisher, MetadataDelta delta, MetadataImage image) {
    try {
      publisher.publish(delta, image);
    } catch (RuntimeException e) {
      LOG.error("{} failed on image {}", publisher, image.provenance(), e);
    }
  }

  private void completeWaiters() {
    var image = image();
    waiters.removeIf(waiter -> {
      if (waiter.future().isDone()) {
        return true;
      }
      if (!waiter.condition().test(image)) {
        return false;
      }
      // Not on this thread: what continues may wait for the next image.
      Thread.startVirtualThread(() -> waiter.future().complete(image));
      return true;
    });
  }

  private boolean run(Runnable step) {
    try {
      thread.execute(() -> {
        try {
          step.run();
        } catch (RuntimeException e) {
          LOG.error("The metadata image stays at {}", image().provenance(), e);
        }
      });
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  /** Finishes what has arrived; whoever waits for more is told that there will be none. */
  @Override
  public void close() {
    run(() -> {
      waiters.forEach(waiter ->
          waiter.future().completeExceptionally(new IllegalStateException("metadata is closed")));
      waiters.clear();
    });
    thread.shutdown();
    try {
      if (!thread.awaitTermination(10, TimeUnit.SECONDS)) {
        LOG.warn("A publisher of metadata does not come back");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
