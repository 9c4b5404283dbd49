package dev.flotilla.server.api;

import dev.flotilla.server.metadata.ProducerIds;
import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.InitProducerIdRequest;
import org.apache.kafka.common.requests.InitProducerIdResponse;

/**
 * InitProducerId: a new id for an idempotent producer, also for one that names an id it had. There
 * are no transactions: a transactional id is refused with an error that stops the producer at once,
 * where a retriable one would keep it trying.
 */
public final class InitProducerIdHandler implements RequestHandler {

  private final ProducerIds producerIds;

  public InitProducerIdHandler(ProducerIds producerIds) {
    this.producerIds = producerIds;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.INIT_PRODUCER_ID;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    var asked = ((InitProducerIdRequest) request.body()).data();
    var hasId = asked.producerId() != RecordBatch.NO_PRODUCER_ID;
    var hasEpoch = asked.producerEpoch() != RecordBatch.NO_PRODUCER_EPOCH;
    if (hasId != hasEpoch) {
      return CompletableFuture.completedFuture(refusal(Errors.INVALID_REQUEST));
    }
    if (asked.transactionalId() != null) {
      return CompletableFuture.completedFuture(
          refusal(
              asked.transactionalId().isEmpty()
                  ? Errors.INVALID_REQUEST
                  : Errors.UNSUPPORTED_VERSION));
    }
    return producerIds
        .next()
        .thenApply(id ->
            Answer.of(
                new InitProducerIdResponse(
                    new InitProducerIdResponseData()
                        .setProducerId(id)
                        .setProducerEpoch((short) 0))))
        // The producer asks again, until its own deadline.
        .exceptionally(failure -> refusal(Errors.COORDINATOR_LOAD_IN_PROGRESS));
  }

  private static Answer refusal(Errors error) {
    return Answer.of(
        new InitProducerIdResponse(
            new InitProducerIdResponseData()
                .setErrorCode(error.code())
                .setProducerId(RecordBatch.NO_PRODUCER_ID)
                .setProducerEpoch(RecordBatch.NO_PRODUCER_EPOCH)));
  }
}
