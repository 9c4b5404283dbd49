package dev.flotilla.server.api;

import dev.flotilla.raft.Appended;
import dev.flotilla.server.network.Answer;
import dev.flotilla.server.partition.LogErrors;
import java.util.List;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.message.ProduceResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.ProduceResponseData.NodeEndpoint;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.storage.internals.log.RecordValidationException;

/** Writes the responses to one connection's produce requests of one version. */
final class ProduceResponses {

  /** From this version on a response says who leads. */
  private static final short LEADER_HINTS = 10;

  private final PartitionRequests shared;
  private final ListenerName listener;
  private final short version;

  ProduceResponses(PartitionRequests shared, ListenerName listener, short version) {
    this.shared = shared;
    this.listener = listener;
    this.version = version;
  }

  /** The outcomes as they are now. */
  @SuppressWarnings("deprecation") // Kafka's brokers use this constructor, too.
  Answer of(List<ProducedPartition> parts) {
    ProduceResponseData data = new ProduceResponseData();
    for (ProducedPartition part : parts) {
      var topic = data.responses().find(part.topic().name(), part.topic().topicId());
      if (topic == null) {
        topic =
            new TopicProduceResponse()
                .setName(part.topic().name())
                .setTopicId(part.topic().topicId());
        data.responses().add(topic);
      }
      topic.partitionResponses().add(response(part, data));
    }
    return Answer.of(new ProduceResponse(data));
  }

  private PartitionProduceResponse response(ProducedPartition part, ProduceResponseData data) {
    PartitionProduceResponse response =
        new PartitionProduceResponse()
            .setIndex(part.index())
            .setBaseOffset(ProduceResponse.INVALID_OFFSET)
            .setLogStartOffset(ProduceResponse.INVALID_OFFSET);
    Errors error = part.error();
    if (error == Errors.NONE) {
      stored(part, part.appended().resultNow(), response);
      return response;
    }
    shared.metrics().produceFailed(error);
    response.setErrorCode(error.code());
    if (error == Errors.REQUEST_TIMED_OUT) {
      return response.setErrorMessage("not committed within the request's timeout");
    }
    Throwable failure = part.appended().exceptionNow();
    response.setErrorMessage(LogErrors.message(failure));
    if (failure instanceof RecordValidationException invalid) {
      for (var record : invalid.recordErrors()) {
        response
            .recordErrors()
            .add(
                new BatchIndexAndErrorMessage()
                    .setBatchIndex(record.batchIndex)
                    .setBatchIndexErrorMessage(record.message));
      }
    }
    if (error == Errors.NOT_LEADER_OR_FOLLOWER && version >= LEADER_HINTS) {
      hint(part, response, data);
    }
    return response;
  }

  private void stored(ProducedPartition part, Appended outcome, PartitionProduceResponse response) {
    if (outcome.origin() == Appended.Origin.DUPLICATE) {
      shared.metrics().duplicate();
    }
    response.setBaseOffset(outcome.baseOffset()).setLogAppendTimeMs(part.logAppendTimeMs(outcome));
    shared
        .partitions()
        .find(part.place())
        .ifPresent(partition -> response.setLogStartOffset(partition.log().logStartOffset()));
  }

  private void hint(
      ProducedPartition part, PartitionProduceResponse response, ProduceResponseData data) {
    LeaderHint leader = shared.leader(part.place(), listener);
    response.setCurrentLeader(
        new LeaderIdAndEpoch().setLeaderId(leader.leaderId()).setLeaderEpoch(leader.leaderEpoch()));
    leader
        .node()
        .filter(node -> data.nodeEndpoints().find(node.id()) == null)
        .ifPresent(node ->
            data.nodeEndpoints()
                .add(
                    new NodeEndpoint()
                        .setNodeId(node.id())
                        .setHost(node.host())
                        .setPort(node.port())
                        .setRack(node.rack())));
  }
}
