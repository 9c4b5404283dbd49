package dev.flotilla.server.api;

import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.jspecify.annotations.Nullable;

/**
 * What a fetch request asks of one partition.
 *
 * @param topicIndex its topic's place among the request's topics that name any partition
 * @param topic the topic as the request names it
 * @param request the request's own words
 * @param place the partition by name, null if its topic id is not known
 */
record FetchTarget(
    int topicIndex, FetchTopic topic, FetchPartition request, @Nullable TopicPartition place) {

  long fetchOffset() {
    return request.fetchOffset();
  }

  int maxBytes() {
    return Math.max(0, request.partitionMaxBytes());
  }

  /** The leader epoch that the client knows, if it says so. */
  Optional<Integer> leaderEpoch() {
    return known(request.currentLeaderEpoch());
  }

  /** The epoch of the record before the fetch offset, if the client says so. */
  Optional<Integer> lastFetchedEpoch() {
    return known(request.lastFetchedEpoch());
  }

  private static Optional<Integer> known(int epoch) {
    return epoch < 0 ? Optional.empty() : Optional.of(epoch);
  }
}
