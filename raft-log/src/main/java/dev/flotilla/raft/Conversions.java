package dev.flotilla.raft;

import dev.flotilla.proto.Checkpoint;
import dev.flotilla.proto.ReplicaDescriptor;
import dev.flotilla.proto.ReplicaKind;
import dev.flotilla.storage.StorageException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Moves the replicas of a node to the engines that they are to be in, before they are opened; see
 * {@link Conversion} for how. A few at a time, on threads of their own, which may wait for disks
 * and page faults.
 *
 * <p>Any thread may call.
 */
final class Conversions implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Conversions.class);

  /** A conversion that takes longer says how far it is, as often. */
  private static final Duration WORTH_A_WORD = Duration.ofSeconds(5);

  private static final int MOST_THREADS = 4;
  private static final Duration IDLE = Duration.ofSeconds(5);

  private final EngineCatalog engines;
  private final String nodeEngine;
  private final DiskRoom room;
  private final Conversion.Failpoints failpoints;
  private final LongSupplier nanoTime;
  private final ThreadPoolExecutor threads;

  /** Guarded by this, as is what follows. */
  private ConversionTotals totals = ConversionTotals.NONE;

  private long firstBegan;
  private boolean saidAlone;

  /**
   * Converts nothing yet.
   *
   * @param nodeEngine in which replicas are created as a rule: it is not retired
   */
  Conversions(EngineCatalog engines, String nodeEngine, LongSupplier nanoTime) {
    this(
        engines,
        nodeEngine,
        new DiskRoom(DiskRoom.Usable.ON_DISK),
        nanoTime,
        Conversion.Failpoints.NONE);
  }

  Conversions(
      EngineCatalog engines,
      String nodeEngine,
      DiskRoom room,
      LongSupplier nanoTime,
      Conversion.Failpoints failpoints) {
    this.engines = engines;
    this.nodeEngine = nodeEngine;
    this.room = room;
    this.nanoTime = nanoTime;
    this.failpoints = failpoints;
    int count = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, MOST_THREADS);
    this.threads =
        new ThreadPoolExecutor(
            count,
            count,
            IDLE.toSeconds(),
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("conversion-", 0).factory());
    threads.allowCoreThreadTimeOut(true);
  }

  /** What was done so far. */
  synchronized ConversionTotals totals() {
    return totals;
  }

  /**
   * Moves the log of a replica that is not open to an engine, if it is not there; returns when that
   * is done. Where the engine cannot take it, the log stays where it is, and an error is logged. A
   * replica in quarantine is left alone.
   *
   * @throws ReplicaQuarantinedException if the descriptor or the log is damaged
   * @throws StorageException if the log cannot be read
   * @throws IOException if the replica's directory cannot be read or written
   */
  void convert(ReplicaDirectory directory, String engine)
      throws IOException, ReplicaQuarantinedException {
    if (directory.quarantineReason().isPresent()) {
      return;
    }
    ReplicaDescriptor descriptor = directory.descriptor();
    if (descriptor.getGeneration() > 0) {
      directory.sync();
    }
    if (descriptor.getEngine().equals(engine) || !isStored(descriptor)) {
      return;
    }
    begun();
    Outcome outcome = Outcome.FAILED;
    try {
      outcome = result(threads.submit(() -> convert(directory, descriptor, engine)));
    } finally {
      ended(outcome, descriptor.getEngine());
    }
  }

  /** A log that is missing is not converted, but found to be missing. */
  private boolean isStored(ReplicaDescriptor descriptor) {
    return engines.engine(descriptor.getEngine()).logs().contains(StoredReplica.logId(descriptor));
  }

  /** How a conversion ended. */
  private record Outcome(int converted, int alone, int refused, long entries, long bytes) {

    static final Outcome FAILED = new Outcome(0, 0, 0, 0, 0);
    static final Outcome REFUSED = new Outcome(0, 0, 1, 0, 0);
  }

  private static Outcome result(Future<Outcome> future)
      throws IOException, ReplicaQuarantinedException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return future.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException failure -> throw failure;
        case ReplicaQuarantinedException damage -> throw damage;
        case RuntimeException failure -> throw failure;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException(e.getCause());
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Outcome convert(ReplicaDirectory directory, ReplicaDescriptor from, String to)
      throws IOException, ReplicaQuarantinedException {
    String name = from.getName();
    boolean alone = isAlone(directory, from);
    if (alone && isFirstAlone()) {
      LOG.warn(
          "{} is the only replica of its partition, which is not available until it is converted"
              + " from {} to {}; others like it are counted at the end",
          name,
          from.getEngine(),
          to);
    }
    long began = nanoTime.getAsLong();
    long[] said = {began};
    Conversion conversion = new Conversion(directory, from, to, engines, room, failpoints);
    try {
      Conversion.Moved moved =
          conversion.run((doing, entries, bytes, all) -> {
            if (nanoTime.getAsLong() - said[0] >= WORTH_A_WORD.toNanos()) {
              said[0] = nanoTime.getAsLong();
              LOG.info(
                  "{}: {} to {}: {} of {} entries {}, {}",
                  name,
                  from.getEngine(),
                  to,
                  entries,
                  all,
                  doing,
                  DiskRoom.text(bytes));
            }
          });
      LOG.atLevel(said[0] == began ? Level.DEBUG : Level.INFO)
          .log(
              "{}: converted from {} to {}, {} entries, {}",
              name,
              from.getEngine(),
              to,
              moved.entries(),
              DiskRoom.text(moved.bytes()));
      return new Outcome(1, alone ? 1 : 0, 0, moved.entries(), moved.bytes());
    } catch (Conversion.RefusedException e) {
      boolean expected =
          e.getCause() == null
              || e.getCause() instanceof StorageException
              || e.getCause() instanceof IllegalArgumentException;
      LOG.error(
          "{} stays in storage engine {} and was not converted to {}: {}. Nothing is lost, and it"
              + " is tried again at the next start",
          name,
          from.getEngine(),
          to,
          e.getMessage(),
          expected ? null : e.getCause());
      return Outcome.REFUSED;
    }
  }

  private synchronized boolean isFirstAlone() {
    boolean first = !saidAlone;
    saidAlone = true;
    return first;
  }

  private static boolean isAlone(ReplicaDirectory directory, ReplicaDescriptor descriptor)
      throws IOException {
    if (descriptor.getKind() != ReplicaKind.LOG) {
      return false;
    }
    Checkpoint newest =
        CheckpointStore.open(directory.path()).newest().orElseGet(Checkpoint::getDefaultInstance);
    return Repair.voters(descriptor, newest).size() == 1;
  }

  private synchronized void begun() {
    if (totals.converted() + totals.refused() + totals.underWay() == 0) {
      firstBegan = nanoTime.getAsLong();
    }
    totals = added(1, Outcome.FAILED);
  }

  private void ended(Outcome outcome, String source) {
    boolean last;
    synchronized (this) {
      totals = added(-1, outcome);
      last = totals.underWay() == 0;
    }
    if (last && !source.equals(nodeEngine)) {
      try {
        engines.retire(source);
      } catch (IOException | RuntimeException e) {
        LOG.warn("What engine {} has left is not removed", source, e);
      }
    }
  }

  private ConversionTotals added(int underWay, Outcome outcome) {
    return new ConversionTotals(
        totals.underWay() + underWay,
        totals.converted() + outcome.converted(),
        totals.alone() + outcome.alone(),
        totals.refused() + outcome.refused(),
        totals.entries() + outcome.entries(),
        totals.bytes() + outcome.bytes(),
        Duration.ofNanos(nanoTime.getAsLong() - firstBegan));
  }

  /** To be called when no replica is being opened any more. */
  @Override
  public void close() {
    threads.shutdown();
  }
}
