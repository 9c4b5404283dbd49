package dev.flotilla.raft;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Which followers of a leader have what it committed. As with Kafka's in-sync replicas, a follower
 * need not have the newest entry at the very moment: it counts for {@link #LAG} after it had all
 * that was committed at some moment, and that long after its last answer. Moments are when it is
 * asked. Any thread may ask.
 */
final class CaughtUp {

  /**
   * Kafka allows 30 s by default ({@code replica.lag.time.max.ms}), since its followers fetch when
   * they get to it. A Raft leader hears of a follower at least once in each election timeout, of a
   * few seconds.
   */
  static final Duration LAG = Duration.ofSeconds(10);

  /** What a leader knows of a follower. */
  record Follower(String peerId, long matchIndex, Duration sinceAnswer) {}

  private final LongSupplier nanoTime;

  // Guarded by this object.
  private long term = -1;
  private long askedAt;
  private long committedThen = Long.MAX_VALUE;
  private Map<String, Long> caughtUpAt = new HashMap<>();

  CaughtUp(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** The followers that are caught up with the leader of a term, which has committed so much. */
  synchronized Set<String> among(
      Collection<Follower> followers, long leaderTerm, long commitIndex) {
    long now = nanoTime.getAsLong();
    if (leaderTerm != term) {
      term = leaderTerm;
      committedThen = Long.MAX_VALUE;
      caughtUpAt = new HashMap<>();
    }
    Map<String, Long> next = new HashMap<>();
    Set<String> caughtUp = new HashSet<>();
    for (Follower follower : followers) {
      Long at = caughtUpAt.get(follower.peerId());
      if (follower.matchIndex() >= commitIndex) {
        at = now;
      } else if (follower.matchIndex() >= committedThen) {
        at = askedAt;
      }
      if (at != null) {
        next.put(follower.peerId(), at);
        if (now - at <= LAG.toNanos() && follower.sinceAnswer().compareTo(LAG) <= 0) {
          caughtUp.add(follower.peerId());
        }
      }
    }
    caughtUpAt = next;
    committedThen = commitIndex;
    askedAt = now;
    return caughtUp;
  }
}
