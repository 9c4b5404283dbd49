package dev.flotilla.benchmarks.jmh;

import dev.flotilla.benchmarks.subject.EngineLog;
import dev.flotilla.benchmarks.subject.SubjectContext;
import dev.flotilla.benchmarks.subject.Subjects;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageEngine;
import java.util.concurrent.TimeUnit;
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
 * Opens an engine and its log after its process was killed, by what the log retains and by what was
 * written and not synced when the process died. Each iteration kills a process of its own.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class RecoveryBenchmark {

  @Param("mmap")
  public String subject = "";

  @Param({"0", "256", "2048"})
  public int retainedMb;

  @Param({"0", "16", "256"})
  public int unsyncedMb;

  private Scratch scratch;
  private LogId id;
  private StorageEngine engine;
  private long expectedEnd;

  /** For JMH. */
  public RecoveryBenchmark() {}

  /** What is retained was written and closed cleanly before. */
  @Initializer
  @Setup(Level.Trial)
  public void retain() {
    scratch = new Scratch();
    id = LogId.random();
    engine = open();
    LogStore store = engine.create(id, LogBase.ORIGIN);
    long count = ((long) retainedMb << 20) / KilledWriter.PAYLOAD_BYTES;
    FilledLog.fill(new EngineLog(store), KilledWriter.PAYLOAD_BYTES, count);
    expectedEnd = store.endIndex();
    engine.close();
  }

  private StorageEngine open() {
    return Subjects.engine(subject)
        .open(Subjects.engineContext(new SubjectContext(scratch.path(), FlushMode.COMMIT)));
  }

  @Setup(Level.Iteration)
  public void crash() {
    KilledWriter.append(subject, scratch.path(), id, (long) unsyncedMb << 20);
    expectedEnd += ((long) unsyncedMb << 20) / KilledWriter.PAYLOAD_BYTES;
  }

  @Benchmark
  public long recover() {
    engine = open();
    return engine.open(id).endIndex();
  }

  /** Nothing that the process handed to the operating system may be missing. */
  @TearDown(Level.Iteration)
  public void check() {
    engine.close();
    try (StorageEngine again = open()) {
      long end = again.open(id).endIndex();
      if (end != expectedEnd) {
        throw new IllegalStateException("recovered up to " + end + ", not " + expectedEnd);
      }
    }
  }

  @TearDown(Level.Trial)
  public void remove() {
    scratch.close();
  }
}
