package dev.flotilla.server.metadata;

import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * What ready leaders reported of their partitions: the newest word of the newest term of each. Soft
 * state, kept beside the entities. Not thread-safe: it belongs to the thread of the image.
 */
final class Leaderships {

  /** Reports for topics that the image has not got yet are few and short-lived. */
  private static final int MAX_EARLY_TOPICS = 1_000;

  /** So many deleted topics are remembered: reports of them are late, not early. */
  private static final int MAX_DELETED_TOPICS = 10_000;

  private final Map<Uuid, Map<Integer, LeaderReport>> known = new HashMap<>();

  /** Reports that arrived before their topic did. The oldest is forgotten when there are many. */
  private final Map<Uuid, Map<Integer, LeaderReport>> early = bounded(MAX_EARLY_TOPICS);

  private final Set<Uuid> deleted = Collections.newSetFromMap(bounded(MAX_DELETED_TOPICS));

  private static <V> Map<Uuid, V> bounded(int most) {
    return new LinkedHashMap<>() {
      @Override
      protected boolean removeEldestEntry(Map.Entry<Uuid, V> eldest) {
        return size() > most;
      }
    };
  }

  /**
   * Takes a report, unless a newer one is known or its topic is gone. Returns whether it is news.
   */
  boolean accept(LeaderReport report) {
    if (deleted.contains(report.topicId())) {
      return false;
    }
    var reports = known.get(report.topicId());
    if (reports == null) {
      reports = early.computeIfAbsent(report.topicId(), id -> new HashMap<>());
    }
    var before = reports.get(report.partition());
    if (before != null && !report.isNewerThan(before)) {
      return false;
    }
    reports.put(report.partition(), report);
    return before == null || report.differsFrom(before);
  }

  @Nullable LeaderReport find(Uuid topicId, int partition) {
    return known.getOrDefault(topicId, Map.of()).get(partition);
  }

  void topicCreated(Uuid topicId) {
    var reports = early.remove(topicId);
    known.put(topicId, reports == null ? new HashMap<>() : reports);
  }

  /** Topic ids are never used twice: nothing will ask again. */
  void topicDeleted(Uuid topicId) {
    known.remove(topicId);
    deleted.add(topicId);
  }
}
