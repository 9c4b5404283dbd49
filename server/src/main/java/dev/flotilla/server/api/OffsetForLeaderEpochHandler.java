package dev.flotilla.server.api;

import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import dev.flotilla.server.partition.LogErrors;
import dev.flotilla.server.partition.Partition;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochRequest;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochResponse;

/**
 * OffsetForLeaderEpoch: where a leader epoch ends. A consumer asks it after a change of leader, to
 * see whether what it read last is still there. Answered from memory.
 */
public final class OffsetForLeaderEpochHandler implements RequestHandler {

  private final PartitionRequests shared;

  public OffsetForLeaderEpochHandler(PartitionRequests shared) {
    this.shared = shared;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.OFFSET_FOR_LEADER_EPOCH;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    OffsetsForLeaderEpochRequest body = (OffsetsForLeaderEpochRequest) request.body();
    OffsetForLeaderEpochResponseData data = new OffsetForLeaderEpochResponseData();
    for (OffsetForLeaderTopic topic : body.data().topics()) {
      OffsetForLeaderTopicResult answered =
          new OffsetForLeaderTopicResult().setTopic(topic.topic());
      data.topics().add(answered);
      for (OffsetForLeaderPartition partition : topic.partitions()) {
        answered.partitions().add(answer(topic.topic(), partition));
      }
    }
    return CompletableFuture.completedFuture(Answer.of(new OffsetsForLeaderEpochResponse(data)));
  }

  private EpochEndOffset answer(String topic, OffsetForLeaderPartition wanted) {
    EpochEndOffset response = new EpochEndOffset().setPartition(wanted.partition());
    try {
      Partition partition =
          shared.partition(Uuid.ZERO_UUID, new TopicPartition(topic, wanted.partition()));
      int known = wanted.currentLeaderEpoch();
      partition.checkServes(known < 0 ? Optional.empty() : Optional.of(known));
      Partition.EpochEnd end = partition.endOfEpoch(wanted.leaderEpoch());
      return response.setLeaderEpoch(end.epoch()).setEndOffset(end.endOffset());
    } catch (RuntimeException e) {
      return response.setErrorCode(LogErrors.of(e).code());
    }
  }
}
