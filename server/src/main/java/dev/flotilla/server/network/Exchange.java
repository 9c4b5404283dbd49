package dev.flotilla.server.network;

import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.network.NetworkReceive;
import org.apache.kafka.common.network.Send;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A request and its answer: what is borrowed for both, and when it is given back.
 *
 * <pre>
 *   received -> begun -> answered        cancelled: received -> answered
 *   left: the answer was sent, or will never be; at any time, before or after answered
 * </pre>
 *
 * <p>Once answered <em>and</em> left, the frame's memory goes back to the budget and what was lent
 * to the answer is closed, exactly once, on the thread that brought the second of the two.
 */
final class Exchange {

  private static final Logger log = LoggerFactory.getLogger(Exchange.class);

  private final NetworkReceive frame;
  private final long receivedNanos;

  // Set by the dispatcher before the request is handled, read by whoever saw its answer.
  private @Nullable RoutedRequest request;

  // Guarded by this.
  private @Nullable Answer answer;
  private boolean left;

  Exchange(NetworkReceive frame, long receivedNanos) {
    this.frame = frame;
    this.receivedNanos = receivedNanos;
  }

  ByteBuffer payload() {
    return frame.payload();
  }

  long receivedNanos() {
    return receivedNanos;
  }

  /**
   * The request is to be handled now.
   *
   * @return false if it was cancelled, and must not be
   */
  synchronized boolean begin(RoutedRequest routed) {
    if (answer != null) {
      return false;
    }
    request = routed;
    return true;
  }

  /** What was begun, or null for a frame that never became a request. */
  synchronized @Nullable RoutedRequest request() {
    return request;
  }

  /** Whether requests of this handler may wait for answers beside this one. */
  boolean overlapsWith(RequestHandler other) {
    var begun = request();
    return begun != null && other.overlaps() && begun.handler().api() == other.api();
  }

  synchronized @Nullable Answer answer() {
    return answer;
  }

  /**
   * The request's handling ended; for one that was cancelled it had ended before.
   *
   * @throws IllegalStateException if a request that was begun is answered twice
   */
  void answered(Answer outcome) {
    boolean done;
    synchronized (this) {
      if (answer != null) {
        if (request == null) {
          return;
        }
        throw new IllegalStateException("answered twice: " + request);
      }
      answer = outcome;
      done = left;
    }
    if (done) {
      giveBack(outcome);
    }
  }

  /** What was not begun never will be. */
  void cancel() {
    var none = new Answer.None();
    boolean done;
    // In one step: a request that begins in between would be answered twice.
    synchronized (this) {
      if (request != null || answer != null) {
        return;
      }
      answer = none;
      done = left;
    }
    if (done) {
      giveBack(none);
    }
  }

  /** The answer was sent or will never be. May be called again. */
  void leave() {
    Answer outcome;
    synchronized (this) {
      outcome = left ? null : answer;
      left = true;
    }
    if (outcome != null) {
      giveBack(outcome);
    }
  }

  /** The bytes of a response to the request. */
  Send send(Answer.Response response) {
    var begun = request();
    if (begun == null) {
      throw new IllegalStateException("a response to no request");
    }
    return begun.request().context().buildResponseSend(response.response());
  }

  private void giveBack(Answer outcome) {
    var lent =
        outcome instanceof Answer.Response response ? response.lent() : List.<Answer.Lent>of();
    for (var each : lent) {
      try {
        each.close();
      } catch (RuntimeException e) {
        log.error("Giving back what an answer showed failed: {}", request, e);
      }
    }
    Utils.closeQuietly(frame, "request memory");
  }
}
