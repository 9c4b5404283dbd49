package dev.flotilla.benchmarks.jmh;

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

/** Reads of a log that lies in the page cache. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class FetchBenchmark {

  @Param("mmap")
  public String subject = "";

  @Param({"1024", "65536", "1048576"})
  public int payloadBytes;

  @Param({"4096", "65536", "1048576"})
  public int fetchBytes;

  /** What the log holds, and {@code mapped} can. */
  @Param("64")
  public int logMb;

  private final SplittableRandom random = new SplittableRandom(4711);
  private Scratch scratch;
  private Subject opened;
  private SubjectLog log;

  /** Where a whole fetch can begin at most. */
  private long lastStart;

  private long next;

  /** For JMH. */
  public FetchBenchmark() {}

  @Initializer
  @Setup(Level.Trial)
  public void open() {
    scratch = new Scratch();
    int logBytes = logMb << 20;
    opened =
        Subjects.open(subject, new SubjectContext(scratch.path(), FlushMode.UNSAFE_OS, logBytes));
    log = opened.newLog();
    long count = logBytes / payloadBytes;
    FilledLog.fill(log, payloadBytes, count);
    lastStart = count - Math.max(1L, fetchBytes / payloadBytes);
  }

  /** From the start to the end, and again. */
  @Benchmark
  public int sequential() {
    if (next > lastStart) {
      next = 0;
    }
    int bytes = log.read(next, fetchBytes);
    next += bytes / payloadBytes;
    return bytes;
  }

  @Benchmark
  public int random() {
    return log.read(random.nextLong(lastStart + 1), fetchBytes);
  }

  /** What came last, as a consumer that keeps up. */
  @Benchmark
  public int tail() {
    return log.read(lastStart, fetchBytes);
  }

  @TearDown(Level.Trial)
  public void close() {
    opened.close();
    scratch.close();
  }
}
