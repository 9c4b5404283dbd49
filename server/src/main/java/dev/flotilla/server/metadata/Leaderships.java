package dev.flotilla.server.metadata;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * What ready leaders reported of their partitions: the newest term of each. Soft state, kept beside
 * the entities. Not thread-safe: it belongs to the thread of the image.
 */
final class Leaderships {

  /** Reports for topics that the image has not got yet are few and short-lived. */
  private static final int MAX_EARLY_TOPICS = 1_000;

  private final Map<Uuid, Map<Integer, Reported>> known = new HashMap<>();

  /** Reports that arrived before their topic did. The oldest is forgotten when there are many. */
  private final Map<Uuid, Map<Integer, Reported>> early =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Uuid, Map<Integer, Reported>> eldest) {
          return size() > MAX_EARLY_TOPICS;
        }
      };

  /** A partition's leader as it reported itself. */
  record Reported(int term, int leader, List<Integer> caughtUp) {
    Reported {
      caughtUp = List.copyOf(caughtUp);
    }
  }

  /** Returns whether it is news: its term is not older than what is known, and it differs. */
  boolean accept(TopicIdPartition partition, Reported report) {
    var reports = known.get(partition.topicId());
    if (reports == null) {
      reports = early.computeIfAbsent(partition.topicId(), id -> new HashMap<>());
    }
    var before = reports.get(partition.partition());
    if (before != null && (before.term() > report.term() || before.equals(report))) {
      return false;
    }
    reports.put(partition.partition(), report);
    return true;
  }

  @Nullable Reported find(Uuid topicId, int partition) {
    return known.getOrDefault(topicId, Map.of()).get(partition);
  }

  void topicCreated(Uuid topicId) {
    var reports = early.remove(topicId);
    known.put(topicId, reports == null ? new HashMap<>() : reports);
  }

  /** Topic ids are never used twice: nothing will ask again. */
  void topicDeleted(Uuid topicId) {
    known.remove(topicId);
  }
}
