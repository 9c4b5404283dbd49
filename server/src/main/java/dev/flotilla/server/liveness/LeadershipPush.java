package dev.flotilla.server.liveness;

import dev.flotilla.server.metadata.LeaderReport;
import dev.flotilla.server.metadata.LeadershipReports;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Tells every node what this one leads: this node's image at once, the others by a {@link PushFeed}
 * each, which sends what changed as soon as it can, and everything again to a node that appears and
 * every few seconds. Whatever is lost or overtaken on the way, the newest word wins: reports carry
 * term and sequence. Any thread may call; nothing blocks but {@link #close}.
 */
public final class LeadershipPush implements LeadershipReports, AutoCloseable {

  private final Consumer<List<LeaderReport>> local;
  private final Recipients recipients;
  private final Duration repetition;
  private final LivenessMetrics metrics;

  /** The last report of each partition that this node led. */
  private final ConcurrentMap<Place, LeaderReport> said = new ConcurrentHashMap<>();

  private final AtomicLong sequence = new AtomicLong();
  private final ConcurrentMap<Integer, PushFeed> feeds = new ConcurrentHashMap<>();

  /** Sends reports to a node. */
  @FunctionalInterface
  public interface Recipients {

    /** Completes when the node has them. */
    CompletableFuture<?> send(int nodeId, List<LeaderReport> reports);
  }

  record Place(Uuid topicId, int partition) {}

  /**
   * Tells nobody else yet.
   *
   * @param local this node's image
   * @param repetition how often everything is said again
   */
  public LeadershipPush(
      Consumer<List<LeaderReport>> local,
      Recipients recipients,
      Duration repetition,
      LivenessMetrics metrics) {
    this.local = local;
    this.recipients = recipients;
    this.repetition = repetition;
    this.metrics = metrics;
  }

  @Override
  public void report(TopicIdPartition partition, int term, int leader, List<Integer> caughtUp) {
    var report =
        new LeaderReport(
            partition.topicId(),
            partition.partition(),
            term,
            sequence.incrementAndGet(),
            leader,
            caughtUp);
    var place = new Place(report.topicId(), report.partition());
    said.put(place, report);
    local.accept(List.of(report));
    feeds.values().forEach(feed -> feed.changed(place));
  }

  /** These are the other nodes from now on. */
  public void nodes(Set<Integer> others) {
    for (var node : others) {
      feeds.computeIfAbsent(
          node,
          id -> new PushFeed(this, reports -> recipients.send(id, reports), repetition, metrics));
    }
    for (var node : List.copyOf(feeds.keySet())) {
      if (!others.contains(node)) {
        var gone = feeds.remove(node);
        if (gone != null) {
          gone.close();
        }
      }
    }
  }

  /** A node is there, or there again: it may know nothing. */
  public void appeared(int node) {
    var feed = feeds.get(node);
    if (feed != null) {
      feed.everything();
    }
  }

  /** Its partitions are not spoken of any more. */
  public void topicDeleted(Uuid topicId) {
    said.keySet().removeIf(place -> place.topicId().equals(topicId));
  }

  Collection<Place> places() {
    return new ArrayList<>(said.keySet());
  }

  @Nullable LeaderReport last(Place place) {
    return said.get(place);
  }

  @Override
  public void close() {
    feeds.values().forEach(PushFeed::close);
  }
}
