package dev.flotilla.raft;

import java.util.Optional;
import java.util.function.Consumer;

/**
 * Makes one ordered account of a replica's leadership out of what Raft's threads report.
 *
 * <pre>
 *   Following -- elected --> NotReady -- ready, same term --> Ready
 *   NotReady, Ready -- lost, or a newer term --> Following
 *   any -- failed --> Failed -- reopened --> Following
 * </pre>
 *
 * <p>Terms never fall: what is reported of an older term is dropped. Any thread may call; the
 * consumer is called in order, one call at a time.
 */
final class LeadershipTracker {

  private final Consumer<Leadership> consumer;

  /** Written under this object's lock, read by any thread. */
  private volatile Leadership current;

  LeadershipTracker(long term, Consumer<Leadership> consumer) {
    this.current = new Leadership.Following(toInt(term), Optional.empty());
    this.consumer = consumer;
  }

  Leadership current() {
    return current;
  }

  /** A newer term began, its leader is not known. */
  synchronized void term(long term) {
    if (term > current.term()) {
      change(new Leadership.Following(toInt(term), Optional.empty()));
    }
  }

  /** Another node leads. */
  synchronized void follows(long term, Optional<Integer> leaderNodeId) {
    if (term >= current.term()) {
      change(new Leadership.Following(toInt(term), leaderNodeId));
    }
  }

  /** This node leads. */
  synchronized void elected(long term) {
    if (term >= current.term()) {
      change(new Leadership.NotReady(toInt(term)));
    }
  }

  /** An entry of the term in which this node was elected is applied. */
  synchronized void ready(long term) {
    if (current instanceof Leadership.NotReady notReady && notReady.term() == term) {
      change(new Leadership.Ready(toInt(term)));
    }
  }

  /** This node leads no longer. */
  synchronized void lost() {
    if (current instanceof Leadership.NotReady || current instanceof Leadership.Ready) {
      change(new Leadership.Following(current.term(), Optional.empty()));
    }
  }

  /** The replica takes no part any more. */
  synchronized void failed(String reason) {
    if (!(current instanceof Leadership.Failed)) {
      change(new Leadership.Failed(current.term(), reason));
    }
  }

  private void change(Leadership next) {
    if (!next.equals(current) && !(current instanceof Leadership.Failed)) {
      current = next;
      consumer.accept(next);
    }
  }

  private static int toInt(long term) {
    return Math.toIntExact(term);
  }
}
