package dev.flotilla.server.api;

import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.RequestHandler;
import dev.flotilla.server.testing.Wire;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;

/** Calls handlers as the network does, with requests and responses in their encoded form. */
final class Calls {

  private Calls() {}

  /** The response a client gets; what a handler throws is the request's own error response. */
  static <R extends AbstractResponse> R call(
      RequestHandler handler, AbstractRequest body, Class<R> type) {
    var request = Wire.request(body, "a-client");
    Answer answer;
    try {
      answer = handler.handle(request).orTimeout(20, TimeUnit.SECONDS).join();
    } catch (CompletionException e) {
      answer = Answer.of(request.body().getErrorResponse(e.getCause()));
    } catch (RuntimeException e) {
      answer = Answer.of(request.body().getErrorResponse(e));
    }
    return type.cast(Wire.response(request, answer));
  }

  /** All versions that Kafka of this version serves. */
  static Stream<Short> versions(ApiKeys api) {
    return IntStream.rangeClosed(api.oldestVersion(), api.latestVersion(false))
        .mapToObj(v -> (short) v);
  }
}
