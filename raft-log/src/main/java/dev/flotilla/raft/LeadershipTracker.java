package dev.flotilla.raft;

import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes one ordered account of a replica's leadership out of what Raft's threads report.
 *
 * <pre>
 *   Following, ReadOnly -- elected --> NotReady -- ready, same term --> Ready
 *   NotReady, Ready -- lost, or a newer term --> Following
 *   ReadOnly -- a newer term, or another leader --> Following
 *   Ready, ReadOnly -- its disk failed --> ReadOnly, the end
 *   Following, NotReady -- its disk failed --> Failed, the end
 *   any -- failed --> Failed, the end
 * </pre>
 *
 * <p>Behind an end nothing follows but this: ReadOnly -- a newer term, or another leader, or failed
 * --> Failed. A replica that is opened again has another tracker, which goes on from ReadOnly if
 * the term is still the same.
 *
 * <p>Terms never fall: what is reported of an older term is dropped.
 *
 * <p><b>Threads.</b> Any thread may call, with any lock. The consumer is called in order, one call
 * at a time, by one of the callers and under no lock of this object: a caller that finds another
 * one telling leaves its own change to that one and returns.
 */
final class LeadershipTracker {

  private final Consumer<Leadership> consumer;

  /** What the consumer was not told yet, in order. Guarded by this. */
  private final Queue<Leadership> untold = new ArrayDeque<>();

  /** Whether a thread is telling the consumer. Guarded by this. */
  private boolean telling;

  /** Why the replica takes no part any more, if so. Guarded by this. */
  private @Nullable String end;

  /** Written under the lock, read by any thread. */
  private volatile Leadership current;

  /**
   * Of a replica that is about to start.
   *
   * @param term the term that it has stored
   * @param before what the one that it takes the place of ended as, or {@link Replica#NOT_STARTED}
   */
  LeadershipTracker(long term, Leadership before, Consumer<Leadership> consumer) {
    this.current =
        before instanceof Leadership.ReadOnly readOnly && readOnly.term() == term
            ? readOnly
            : new Leadership.Following(toInt(term), Optional.empty());
    this.consumer = consumer;
  }

  Leadership current() {
    return current;
  }

  /** A newer term began, its leader is not known. */
  void term(long term) {
    synchronized (this) {
      if (term > current.term()) {
        follow(term, Optional.empty());
      }
    }
    tell();
  }

  /** Another node leads. */
  void follows(long term, Optional<Integer> leaderNodeId) {
    synchronized (this) {
      if (term >= current.term()) {
        follow(term, leaderNodeId);
      }
    }
    tell();
  }

  private void follow(long term, Optional<Integer> leaderNodeId) {
    String reason = end;
    change(
        reason == null
            ? new Leadership.Following(toInt(term), leaderNodeId)
            : new Leadership.Failed(toInt(term), reason));
  }

  /** This node leads. */
  void elected(long term) {
    synchronized (this) {
      if (term >= current.term() && end == null) {
        change(new Leadership.NotReady(toInt(term)));
      }
    }
    tell();
  }

  /** An entry of the term in which this node was elected is applied. */
  void ready(long term) {
    synchronized (this) {
      if (current instanceof Leadership.NotReady notReady && notReady.term() == term) {
        change(new Leadership.Ready(toInt(term)));
      }
    }
    tell();
  }

  /** This node leads no longer. */
  void lost() {
    synchronized (this) {
      if (current instanceof Leadership.NotReady || current instanceof Leadership.Ready) {
        change(new Leadership.Following(current.term(), Optional.empty()));
      }
    }
    tell();
  }

  /** The replica takes no part any more until its disk works; what it holds can be trusted. */
  void diskFailed(String reason) {
    synchronized (this) {
      if (end == null) {
        end = reason;
        boolean served =
            current instanceof Leadership.Ready || current instanceof Leadership.ReadOnly;
        change(
            served
                ? new Leadership.ReadOnly(current.term(), reason)
                : new Leadership.Failed(current.term(), reason));
      }
    }
    tell();
  }

  /** The replica takes no part any more, and nothing of it is served. */
  void failed(String reason) {
    synchronized (this) {
      end = reason;
      change(new Leadership.Failed(current.term(), reason));
    }
    tell();
  }

  /** Called under the lock. */
  private void change(Leadership next) {
    if (!next.equals(current) && !(current instanceof Leadership.Failed)) {
      current = next;
      untold.add(next);
    }
  }

  /** Tells the consumer what it was not told, unless another thread does. */
  private void tell() {
    Leadership next = nextToTell();
    while (next != null) {
      try {
        consumer.accept(next);
      } finally {
        synchronized (this) {
          telling = false;
        }
      }
      next = nextToTell();
    }
  }

  private synchronized @Nullable Leadership nextToTell() {
    if (telling || untold.isEmpty()) {
      return null;
    }
    telling = true;
    return untold.remove();
  }

  private static int toInt(long term) {
    return Math.toIntExact(term);
  }
}
