package dev.flotilla.server.api;

import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.SliceRecords;
import dev.flotilla.storage.Slice;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.EpochEndOffset;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.FetchResponseData.NodeEndpoint;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.jspecify.annotations.Nullable;

/** Writes the response to a fetch request: the records in it are those that the logs lend. */
final class FetchResponses {

  /** From this version on a response says who leads. */
  private static final short LEADER_HINTS = 16;

  private final PartitionRequests shared;
  private final ListenerName listener;
  private final short version;
  private final IsolationLevel isolation;

  FetchResponses(PartitionRequests shared, ListenerName listener, FetchRequest request) {
    this.shared = shared;
    this.listener = listener;
    this.version = request.version();
    this.isolation = request.isolationLevel();
  }

  /** An answer that closes the pass's records when it is over. */
  Answer of(List<FetchTarget> targets, FetchPass pass) {
    FetchResponseData data = new FetchResponseData();
    List<Answer.Lent> lent = new ArrayList<>();
    for (int i = 0; i < targets.size(); i++) {
      FetchTarget target = targets.get(i);
      if (data.responses().size() <= target.topicIndex()) {
        data.responses()
            .add(
                new FetchableTopicResponse()
                    .setTopic(target.topic().topic())
                    .setTopicId(target.topic().topicId()));
      }
      data.responses()
          .getLast()
          .partitions()
          .add(partition(target, pass.outcomes().get(i), data, lent));
    }
    shared.metrics().fetched(pass.bytes());
    return new Answer.Response(FetchResponse.of(data), lent);
  }

  private PartitionData partition(
      FetchTarget target, FetchOutcome outcome, FetchResponseData data, List<Answer.Lent> lent) {
    int index = target.request().partition();
    return switch (outcome) {
      case FetchOutcome.Records records -> {
        PartitionData shown = offsets(index, records.highWatermark(), records.logStartOffset());
        Slice slice = records.records();
        lent.add(slice::close);
        yield slice.bytes() == 0 ? shown : shown.setRecords(new SliceRecords(slice.buffers()));
      }
      case FetchOutcome.Diverging diverging ->
          offsets(index, diverging.highWatermark(), diverging.logStartOffset())
              .setDivergingEpoch(
                  new EpochEndOffset()
                      .setEpoch(diverging.end().epoch())
                      .setEndOffset(diverging.end().endOffset()));
      case FetchOutcome.Failed failed -> {
        shared.metrics().fetchFailed(failed.error());
        PartitionData shown = FetchResponse.partitionResponse(index, failed.error());
        if (version >= LEADER_HINTS) {
          hint(target.place(), failed.error(), shown, data);
        }
        yield shown;
      }
    };
  }

  private PartitionData offsets(int index, long highWatermark, long logStartOffset) {
    return new PartitionData()
        .setPartitionIndex(index)
        .setHighWatermark(highWatermark)
        // No transactions, so nothing below the high watermark is undecided.
        .setLastStableOffset(highWatermark)
        .setLogStartOffset(logStartOffset)
        .setAbortedTransactions(isolation == IsolationLevel.READ_COMMITTED ? List.of() : null)
        .setRecords(MemoryRecords.EMPTY);
  }

  private void hint(
      @Nullable TopicPartition place, Errors error, PartitionData shown, FetchResponseData data) {
    if (place == null
        || (error != Errors.NOT_LEADER_OR_FOLLOWER && error != Errors.FENCED_LEADER_EPOCH)) {
      return;
    }
    LeaderHint leader = shared.leader(place, listener);
    shown.setCurrentLeader(
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
