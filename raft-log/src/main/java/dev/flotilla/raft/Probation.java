package dev.flotilla.raft;

import dev.flotilla.proto.RepairMark;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.ratis.server.protocol.TermIndex;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time in which a replica whose log was {@link Repair replaced by an empty one} is filled
 * again: it does not campaign, and votes for nobody who has less than it once held. Ends, durably,
 * with the first committed entry of a term that began after the replacing.
 *
 * <p>Any thread may call any method; none blocks.
 */
final class Probation {

  private static final Logger LOG = LoggerFactory.getLogger(Probation.class);

  private final String name;
  private final ReplicaDirectory directory;
  private final Executor background;
  private final Runnable whenOver;

  /** Null when it is over, or there was none. Written by the thread that ends it, read by any. */
  private volatile @Nullable RepairMark mark;

  /** Whether a thread is ending it. */
  private final AtomicBoolean ending = new AtomicBoolean();

  /**
   * Of a replica that is about to start.
   *
   * @param background runs what waits for the disk
   * @param whenOver called once it is over
   */
  Probation(String name, StoredReplica stored, Executor background, Runnable whenOver) {
    this.name = name;
    this.directory = stored.directory();
    this.background = background;
    this.whenOver = whenOver;
    this.mark = stored.repair().orElse(null);
  }

  boolean lasts() {
    return mark != null;
  }

  /** How a candidate may be answered whose log ends with an entry. */
  VoteRule ruleFor(TermIndex candidateLast) {
    RepairMark present = mark;
    if (present == null) {
      return VoteRule.BY_THE_LOG;
    }
    TermIndex held = TermIndex.valueOf(present.getHeldTerm(), present.getHeldIndex());
    return held.compareTo(candidateLast) > 0 ? VoteRule.REFUSED : VoteRule.BY_WHAT_WAS_HELD;
  }

  /** A committed entry of a term was applied. */
  void applied(long term) {
    RepairMark present = mark;
    if (present != null && term >= present.getTerm() && ending.compareAndSet(false, true)) {
      background.execute(this::end);
    }
  }

  private void end() {
    try {
      if (mark == null) {
        return;
      }
      directory.endRepair();
      mark = null;
      LOG.warn("{}: the log is repaired, it holds all that was committed", name);
      whenOver.run();
    } catch (IOException e) {
      // The next entry tries it again.
      LOG.warn("{}: the end of the repair was not written", name, e);
    } finally {
      ending.set(false);
    }
  }
}
