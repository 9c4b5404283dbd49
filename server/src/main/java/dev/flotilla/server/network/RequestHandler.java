package dev.flotilla.server.network;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * Serves one Kafka API. Registered in one list; what is registered is what ApiVersions advertises.
 *
 * <p>{@link #handle} runs on the connection's virtual thread, for one request of the connection at
 * a time: it does what must happen in order and may block there; what waits for a commit is left to
 * the future. An exception, thrown or in the future, is answered with the request's own error
 * response.
 */
public interface RequestHandler {

  ApiKeys api();

  /** The lowest version served. */
  default short oldestVersion() {
    return api().oldestVersion();
  }

  /** The highest version served: by default the highest stable one. */
  default short latestVersion() {
    return api().latestVersion(false);
  }

  /** Whether requests of this API may wait for their answers together on one connection. */
  default boolean overlaps() {
    return false;
  }

  CompletableFuture<Answer> handle(Request request);
}
