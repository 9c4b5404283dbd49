package dev.flotilla.benchmarks.jmh;

import dev.flotilla.benchmarks.subject.EngineLog;
import dev.flotilla.benchmarks.subject.Subject;
import dev.flotilla.benchmarks.subject.SubjectContext;
import dev.flotilla.benchmarks.subject.SubjectLog;
import dev.flotilla.benchmarks.subject.Subjects;
import dev.flotilla.storage.FlushMode;
import java.util.SplittableRandom;
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

/** Where a random offset or time lies in a log of small entries. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class LookupBenchmark {

  private static final int PAYLOAD_BYTES = 100;

  @Param("mmap")
  public String subject = "";

  @Param({"100000", "1000000"})
  public int entries;

  private final SplittableRandom random = new SplittableRandom(4711);
  private Scratch scratch;
  private Subject opened;
  private SubjectLog log;

  /** For JMH. */
  public LookupBenchmark() {}

  @Initializer
  @Setup(Level.Trial)
  public void open() {
    scratch = new Scratch();
    opened = Subjects.open(subject, new SubjectContext(scratch.path(), FlushMode.UNSAFE_OS));
    log = opened.newLog();
    FilledLog.fill(log, PAYLOAD_BYTES, entries);
  }

  @Benchmark
  public long offset() {
    return log.find(random.nextLong(entries));
  }

  /** Of engines only: what they are compared with knows no times. */
  @Benchmark
  public long time() {
    return ((EngineLog) log).findTime(random.nextLong(entries));
  }

  @TearDown(Level.Trial)
  public void close() {
    opened.close();
    scratch.close();
  }
}
