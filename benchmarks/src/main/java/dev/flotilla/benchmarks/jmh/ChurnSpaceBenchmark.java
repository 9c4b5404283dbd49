package dev.flotilla.benchmarks.jmh;

import dev.flotilla.benchmarks.subject.FreeList;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.StorageEngine;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What a {@link Churn} leaves on the disk, half of it and all of it, beside what its logs hold; of
 * LMDB, the list of its free pages too. Counted and not timed.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.SECONDS)
public class ChurnSpaceBenchmark {

  @Param("mmap")
  public String subject = "";

  @Param("100")
  public int logs;

  @Param("1024")
  public int retainedKb;

  @Param("168")
  public int hours;

  private Scratch scratch;

  /** For JMH. */
  public ChurnSpaceBenchmark() {}

  /** The counts of one measurement. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Space {

    /** What the payloads of the logs that are there have, at the end. */
    public long retained;

    public long onDisk;

    /** When half of it was over. */
    public long onDiskFirst;

    public long freePages;
    public long freeRuns;
    public long freeRows;

    /** For JMH. */
    public Space() {}
  }

  @Initializer
  @Setup(Level.Iteration)
  public void open() {
    scratch = new Scratch();
  }

  @Benchmark
  public void churn(Space space) {
    try (StorageEngine engine = Churn.engine(subject, scratch.path(), FlushMode.UNSAFE_OS)) {
      Churn churn = new Churn(engine, logs, (long) retainedKb << 10);
      int first = Math.max(1, hours / 2);
      churn.run(first);
      space.onDiskFirst = scratch.bytes();
      churn.run(hours - first);
      space.retained = churn.bytes();
    }
    space.onDisk = scratch.bytes();
    FreeList free = FreeList.in(scratch.path());
    space.freePages = free.pages();
    space.freeRuns = free.runs();
    space.freeRows = free.rows();
  }

  @TearDown(Level.Iteration)
  public void close() {
    scratch.close();
  }
}
