package dev.flotilla.benchmarks.jmh;

import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.ProduceRequest;

/** Checks what is produced and answers at once, as if it were committed. */
record AnsweringHandler(ProduceCodec codec) implements RequestHandler {

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
    return CompletableFuture.completedFuture(
        Answer.of(codec.response((ProduceRequest) request.body())));
  }
}
