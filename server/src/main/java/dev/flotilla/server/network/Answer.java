package dev.flotilla.server.network;

import java.util.List;
import org.apache.kafka.common.requests.AbstractResponse;

/** What a handler makes of a request. */
public sealed interface Answer {

  /** A response that owns all it shows. */
  static Answer of(AbstractResponse response) {
    return new Response(response, List.of());
  }

  /**
   * A response to send.
   *
   * @param response the response
   * @param lent what its records show; each is closed exactly once, when the response was sent,
   *     could not be sent, or the connection is gone
   */
  record Response(AbstractResponse response, List<? extends Lent> lent) implements Answer {}

  /** Nothing is sent: a produce request with {@code acks=0}. */
  record None() implements Answer {}

  /** The connection is closed once the answers before this one are sent. */
  record Close(String reason) implements Answer {}

  /** Something lent to a response. */
  @FunctionalInterface
  interface Lent extends AutoCloseable {
    @Override
    void close();
  }
}
