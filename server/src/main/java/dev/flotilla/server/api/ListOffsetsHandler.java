package dev.flotilla.server.api;

import dev.flotilla.raft.ReplicatedLogException;
import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import dev.flotilla.server.partition.LogErrors;
import dev.flotilla.server.partition.OffsetLookup;
import dev.flotilla.server.partition.OffsetLookup.Found;
import dev.flotilla.server.partition.Partition;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;

/**
 * ListOffsets: where a partition begins and ends for consumers, and the offset of a time. Both
 * isolation levels see the same end, as there are no transactions. Nothing is tiered: the earliest
 * local offset is the earliest, and what is asked of remote storage is answered with nothing.
 */
public final class ListOffsetsHandler implements RequestHandler {

  /** From this version on clients understand {@code OFFSET_NOT_AVAILABLE}. */
  private static final short OFFSET_NOT_AVAILABLE = 5;

  /** From this version on a response has leader epochs. */
  private static final short LEADER_EPOCHS = 4;

  /** The version since which a timestamp below 0 has a meaning; no other has any. */
  private static final Map<Long, Short> FIRST_WITH =
      Map.of(
          ListOffsetsRequest.EARLIEST_TIMESTAMP, (short) 1,
          ListOffsetsRequest.LATEST_TIMESTAMP, (short) 1,
          ListOffsetsRequest.MAX_TIMESTAMP, (short) 7,
          ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP, (short) 8,
          ListOffsetsRequest.LATEST_TIERED_TIMESTAMP, (short) 9,
          ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP, (short) 11);

  private static final short NEVER = Short.MAX_VALUE;

  private final PartitionRequests shared;

  public ListOffsetsHandler(PartitionRequests shared) {
    this.shared = shared;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.LIST_OFFSETS;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    return CompletableFuture.supplyAsync(
        () -> answer((ListOffsetsRequest) request.body()), shared.readers());
  }

  private Answer answer(ListOffsetsRequest request) {
    ListOffsetsResponseData data = new ListOffsetsResponseData();
    for (ListOffsetsTopic topic : request.topics()) {
      ListOffsetsTopicResponse answered = new ListOffsetsTopicResponse().setName(topic.name());
      data.topics().add(answered);
      for (ListOffsetsPartition partition : topic.partitions()) {
        answered.partitions().add(answer(request, topic.name(), partition));
      }
    }
    return Answer.of(new ListOffsetsResponse(data));
  }

  private ListOffsetsPartitionResponse answer(
      ListOffsetsRequest request, String topic, ListOffsetsPartition wanted) {
    TopicPartition place = new TopicPartition(topic, wanted.partitionIndex());
    ListOffsetsPartitionResponse response =
        new ListOffsetsPartitionResponse().setPartitionIndex(wanted.partitionIndex());
    Errors refused = refusal(request, place, wanted.timestamp());
    if (refused != Errors.NONE) {
      return response.setErrorCode(refused.code());
    }
    try {
      Partition partition = shared.partition(Uuid.ZERO_UUID, place);
      int epoch = wanted.currentLeaderEpoch();
      int term = partition.checkServes(epoch < 0 ? Optional.empty() : Optional.of(epoch));
      Found found = find(new OffsetLookup(partition), term, wanted.timestamp());
      if (request.version() >= LEADER_EPOCHS) {
        response.setLeaderEpoch(found.epoch());
      }
      return response.setTimestamp(found.timestampMs()).setOffset(found.offset());
    } catch (ReplicatedLogException.NotReady e) {
      Errors early =
          request.version() >= OFFSET_NOT_AVAILABLE
              ? Errors.OFFSET_NOT_AVAILABLE
              : Errors.LEADER_NOT_AVAILABLE;
      return response.setErrorCode(early.code());
    } catch (RuntimeException e) {
      return response.setErrorCode(LogErrors.of(e).code());
    }
  }

  private static Errors refusal(ListOffsetsRequest request, TopicPartition place, long timestamp) {
    if (request.duplicatePartitions().contains(place)) {
      return Errors.INVALID_REQUEST;
    }
    boolean understood =
        timestamp >= 0 || request.version() >= FIRST_WITH.getOrDefault(timestamp, NEVER);
    return understood ? Errors.NONE : Errors.UNSUPPORTED_VERSION;
  }

  private static Found find(OffsetLookup lookup, int epoch, long timestamp) {
    if (timestamp == ListOffsetsRequest.LATEST_TIMESTAMP) {
      return lookup.latest(epoch);
    }
    if (timestamp == ListOffsetsRequest.EARLIEST_TIMESTAMP
        || timestamp == ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP) {
      return lookup.earliest(epoch);
    }
    if (timestamp == ListOffsetsRequest.LATEST_TIERED_TIMESTAMP
        || timestamp == ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP) {
      return Found.NOTHING;
    }
    return (timestamp == ListOffsetsRequest.MAX_TIMESTAMP
            ? lookup.ofLargestTimestamp()
            : lookup.atOrAfter(timestamp))
        .orElse(Found.NOTHING);
  }
}
