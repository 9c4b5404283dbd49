package dev.flotilla.raft;

import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has leaders step down that a majority of voters has not answered for the longest election
 * timeout: the others may have elected a new one by then, and clients of the old one would read
 * what is no longer the end of the log.
 *
 * <p>Ratis does so too, but looks only when nothing else happened for another such time, and not at
 * all while a new voter is catching up.
 */
final class MajorityCheck {

  private static final Logger LOG = LoggerFactory.getLogger(MajorityCheck.class);

  private final Collection<Replica> replicas;
  private final Duration patience;

  /** When it looked last. Guarded by this object. */
  private long lookedAt = System.nanoTime();

  private MajorityCheck(Collection<Replica> replicas, Duration patience) {
    this.replicas = replicas;
    this.patience = patience;
  }

  /**
   * Looks at all replicas again and again, eight times within the patience, until the timer ends.
   */
  static void start(
      Collection<Replica> replicas,
      Duration patience,
      Executor background,
      ScheduledExecutorService timer) {
    MajorityCheck check = new MajorityCheck(replicas, patience);
    long interval = Math.max(1, patience.toMillis() / 8);
    var _ =
        timer.scheduleWithFixedDelay(
            () -> background.execute(check::run), interval, interval, TimeUnit.MILLISECONDS);
  }

  private synchronized void run() {
    long now = System.nanoTime();
    boolean paused = now - lookedAt > patience.toNanos() / 2;
    lookedAt = now;
    if (paused) {
      // This process stood still. What the others answered meanwhile is yet to be read.
      return;
    }
    for (Replica replica : replicas) {
      Leadership leadership = replica.member().leadership().current();
      boolean leads =
          leadership instanceof Leadership.Ready || leadership instanceof Leadership.NotReady;
      if (leads && replica.member().division().stepDownWithoutMajority(patience.toMillis())) {
        LOG.warn("{}: no majority answered for {}, it leads no longer", replica.name(), patience);
      }
    }
  }
}
