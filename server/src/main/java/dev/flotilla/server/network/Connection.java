package dev.flotilla.server.network;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one connection that are not finished, in the order they came in, which is the
 * order their answers leave in.
 *
 * <p>Its loop puts requests in and takes answers out; its dispatcher takes requests, one after the
 * other; answers come from any thread. A request may be handled when every earlier one is finished
 * (its answer sent, not merely known), or when it and all earlier unfinished ones are of one API
 * that overlaps.
 *
 * <p>When the client closes, what it sent before is still handled: a producer that waits for no
 * acknowledgement may send and close. When we close, what was not begun is dropped.
 */
final class Connection {

  private final String id;
  private final Consumer<Connection> whenAnswered;

  // Set while the loop has been told of answers and did not look yet.
  private final AtomicBoolean announced = new AtomicBoolean();

  // All guarded by this. What is not finished; and of it what the dispatcher has not taken.
  private final ArrayDeque<Exchange> unfinished = new ArrayDeque<>();
  private final ArrayDeque<Exchange> waiting = new ArrayDeque<>();
  private boolean gone;
  private boolean refused;

  /**
   * @param whenAnswered tells the loop that {@link #nextAnswered} may have changed; called on any
   *     thread
   */
  Connection(String id, Consumer<Connection> whenAnswered) {
    this.id = id;
    this.whenAnswered = whenAnswered;
  }

  String id() {
    return id;
  }

  /** The loop received a request. */
  synchronized void received(Exchange exchange) {
    unfinished.add(exchange);
    if (refused) {
      exchange.cancel();
      return;
    }
    waiting.add(exchange);
    notifyAll();
  }

  /** The dispatcher takes nothing more: a frame could not be understood. */
  synchronized void refuseRest() {
    refused = true;
    waiting.forEach(Exchange::cancel);
    if (gone) {
      unfinished.removeAll(waiting);
    }
    waiting.clear();
  }

  synchronized int inFlight() {
    return unfinished.size();
  }

  /** The dispatcher's next request, once there is one; null when there never will be. */
  synchronized @Nullable Exchange awaitNext() throws InterruptedException {
    while (waiting.isEmpty() && !gone) {
      wait();
    }
    return waiting.poll();
  }

  /** Returns when a request may be handled. */
  synchronized void awaitTurn(Exchange exchange, RequestHandler handler)
      throws InterruptedException {
    while (!isTurnOf(exchange, handler)) {
      wait();
    }
  }

  private boolean isTurnOf(Exchange exchange, RequestHandler handler) {
    for (var earlier : unfinished) {
      if (earlier == exchange) {
        return true;
      }
      if (!earlier.overlapsWith(handler)) {
        return false;
      }
    }
    // Dropped meanwhile; begin() refuses it.
    return true;
  }

  /** A request's handling ended. Any thread. */
  void answered(Exchange exchange, Answer answer) {
    exchange.answered(answer);
    synchronized (this) {
      if (gone) {
        unfinished.remove(exchange);
        notifyAll();
        return;
      }
    }
    if (announced.compareAndSet(false, true)) {
      whenAnswered.accept(this);
    }
  }

  /** The loop is about to look for answers: those that come later are announced again. */
  void look() {
    announced.set(false);
  }

  /** The earliest unfinished request if it is answered, or null. */
  synchronized @Nullable Exchange nextAnswered() {
    var first = unfinished.peek();
    return first != null && first.answer() != null ? first : null;
  }

  /** The answer of {@link #nextAnswered} was sent, or none is to be. */
  void finish(Exchange exchange) {
    exchange.leave();
    synchronized (this) {
      unfinished.remove(exchange);
      notifyAll();
    }
  }

  /** The client is gone: no answer will be sent; what it sent is still handled. */
  void disconnected() {
    List<Exchange> leaving;
    synchronized (this) {
      gone = true;
      leaving = List.copyOf(unfinished);
      unfinished.removeIf(exchange -> exchange.answer() != null);
      notifyAll();
    }
    leaving.forEach(Exchange::leave);
  }

  /** We closed: no answer will be sent, and what was not begun is dropped. */
  void closed() {
    synchronized (this) {
      waiting.clear();
      unfinished.forEach(Exchange::cancel);
    }
    disconnected();
  }
}
