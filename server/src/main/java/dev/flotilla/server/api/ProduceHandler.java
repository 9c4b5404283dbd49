package dev.flotilla.server.api;

import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import dev.flotilla.server.partition.BatchValidator;
import dev.flotilla.server.partition.Partition;
import dev.flotilla.server.partition.ProducedBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequiredAcksException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * Produce: validates batches and queues them in the order of the connection's requests; answers
 * when all are committed, or when the client's timeout is over, while the entries go on.
 *
 * <p>{@code acks=1} and {@code acks=all} both answer once a quorum has the records; {@code acks=0}
 * gets no answer and costs no wait, and its connection is closed if a batch was not queued.
 */
public final class ProduceHandler implements RequestHandler {

  /** The client id of Kafka's own tools, which may write to internal topics. */
  private static final String ADMIN_CLIENT_ID = "__admin_client";

  private final PartitionRequests shared;
  private final BatchValidator validator;

  public ProduceHandler(PartitionRequests shared, BatchValidator validator) {
    this.shared = shared;
    this.validator = validator;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.PRODUCE;
  }

  @Override
  public boolean overlaps() {
    return true;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    ProduceRequest produce = (ProduceRequest) request.body();
    boolean admin = ADMIN_CLIENT_ID.equals(request.context().header.clientId());
    List<ProducedPartition> parts = new ArrayList<>();
    for (TopicProduceData topic : produce.data().topicData()) {
      for (PartitionProduceData partition : topic.partitionData()) {
        parts.add(append(produce, topic, partition, admin));
      }
    }
    if (produce.acks() == 0) {
      return CompletableFuture.completedFuture(withoutAnswer(parts));
    }
    var response = new ProduceResponses(shared, request.context().listenerName, produce.version());
    return answer(parts, produce.timeout(), response);
  }

  /** Validates and queues what a request has for one partition. Never throws. */
  private ProducedPartition append(
      ProduceRequest request, TopicProduceData topic, PartitionProduceData data, boolean admin) {
    String name = topic.name();
    TopicPartition place = new TopicPartition(name, data.index());
    try {
      if (!topic.topicId().equals(Uuid.ZERO_UUID) || request.version() >= 13) {
        place = new TopicPartition(shared.topicName(topic.topicId()), data.index());
      }
      checkAllowed(request.acks(), place, admin);
      if (!(data.records() instanceof MemoryRecords records)) {
        throw new InvalidRecordException("no records for " + place);
      }
      Partition partition = shared.partition(topic.topicId(), place);
      LogConfig config = shared.topics().config(place.topic());
      ProducedBatch batch = validator.validate(request.version(), place, records, config);
      var pending = partition.append(batch);
      shared.metrics().queued(batch);
      return new ProducedPartition(
          topic, data.index(), place, config.messageTimestampType, batch, pending.future());
    } catch (RuntimeException e) {
      return new ProducedPartition(
          topic,
          data.index(),
          place,
          TimestampType.NO_TIMESTAMP_TYPE,
          null,
          CompletableFuture.failedFuture(e));
    }
  }

  private static void checkAllowed(short acks, TopicPartition place, boolean admin) {
    if (acks < -1 || acks > 1) {
      throw new InvalidRequiredAcksException("acks=" + acks);
    }
    if (Topic.isInternal(place.topic()) && !admin) {
      throw new InvalidTopicException(place.topic() + " is written by the cluster itself");
    }
  }

  private Answer withoutAnswer(List<ProducedPartition> parts) {
    int refused = 0;
    for (ProducedPartition part : parts) {
      part.detach();
      if (part.appended().isCompletedExceptionally()) {
        refused++;
        shared.metrics().produceFailed(part.error());
      }
    }
    return refused == 0
        ? new Answer.None()
        : new Answer.Close(refused + " batches of a produce request with acks=0 were not queued");
  }

  private CompletableFuture<Answer> answer(
      List<ProducedPartition> parts, int timeoutMs, ProduceResponses responses) {
    CompletableFuture<Void> all =
        CompletableFuture.allOf(
            parts.stream().map(ProducedPartition::appended).toArray(CompletableFuture[]::new));
    if (all.isDone()) {
      return CompletableFuture.completedFuture(responses.of(parts));
    }
    CompletableFuture<Void> waited = new CompletableFuture<>();
    ScheduledFuture<?> timeout =
        shared.timer().schedule(() -> waited.complete(null), timeoutMs, TimeUnit.MILLISECONDS);
    var _ =
        all.whenComplete((done, failed) -> {
          timeout.cancel(false);
          waited.complete(null);
        });
    return waited.thenApply(over -> {
      // The frame is given back with the answer; what is still queued must not need it.
      parts.forEach(ProducedPartition::detach);
      return responses.of(parts);
    });
  }
}
