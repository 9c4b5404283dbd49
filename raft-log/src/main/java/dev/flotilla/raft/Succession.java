package dev.flotilla.raft;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.impl.RaftLogInstaller;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Elections that do not wait for a timeout, since the leader is known to be gone.
 *
 * <p>The followers of a group campaign a random time apart, so that as a rule the first is elected
 * before the next would begin. If none is, since two began at once or the first lacked entries that
 * the next has, those who know of no leader try again, further and further apart, each only after a
 * while in which no other began an election.
 */
final class Succession {

  private static final Logger LOG = LoggerFactory.getLogger(Succession.class);

  /** How far apart followers campaign at first, at most. */
  private static final Duration SPREAD = Duration.ofMillis(150);

  /** How long an election is given before others try. */
  private static final Duration ELECTION = Duration.ofMillis(250);

  /** How often a follower looks; what is not settled then is left to the election timeout. */
  private static final int ROUNDS = 20;

  /** From this round on followers are no further apart. */
  private static final int WIDEST = 4;

  private final Executor background;
  private final ScheduledExecutorService timer;
  private final RandomGenerator random;

  /**
   * For all groups of a node.
   *
   * @param background runs what may wait for a group
   * @param random where the times come from; used by any thread
   */
  Succession(Executor background, ScheduledExecutorService timer, RandomGenerator random) {
    this.background = background;
    this.timer = timer;
    this.random = random;
  }

  /** The replica's group elects a leader if it was led by the peer that is gone. */
  void leaderGone(Replica replica, String peerId) {
    RaftPeerId gone = RaftPeerId.valueOf(peerId);
    if (replica.member().follows(gone)) {
      later(
          random.nextLong(SPREAD.toNanos()),
          () -> {
            if (replica.member().division().campaignIfLedBy(gone)) {
              LOG.info("{}: its leader {} is gone, this replica campaigns", replica.name(), gone);
            }
            later(pause(0), new Vacancy(replica));
          });
    }
  }

  private long pause(int round) {
    return ELECTION.toNanos() + random.nextLong(SPREAD.toNanos() << Math.min(round, WIDEST));
  }

  /** A group that may have no leader. Looks at it again and again, one look at a time. */
  private final class Vacancy implements Runnable {

    private final Replica replica;
    private int round;

    /** The term at the last look: a newer one shows that others were electing meanwhile. */
    private long seen = -1;

    /** Whether it had a leader at the last look; one of another term may depose it yet. */
    private boolean led;

    Vacancy(Replica replica) {
      this.replica = replica;
    }

    @Override
    public void run() {
      RaftLogInstaller division = replica.member().division();
      boolean ledBefore = led;
      long seenBefore = seen;
      led = division.leader().isPresent();
      seen = division.currentTerm();
      round++;
      boolean quiet = seen == seenBefore;
      if ((led && ledBefore && quiet) || round == ROUNDS || division.closing()) {
        return;
      }
      if (!led && quiet) {
        division.campaign();
      }
      later(pause(round), this);
    }
  }

  private void later(long nanos, Runnable task) {
    try {
      var _ = timer.schedule(() -> background.execute(task), nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      if (!timer.isShutdown()) {
        throw e;
      }
    }
  }
}
