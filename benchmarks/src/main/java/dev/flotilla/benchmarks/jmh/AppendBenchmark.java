package dev.flotilla.benchmarks.jmh;

import dev.flotilla.benchmarks.subject.Payloads;
import dev.flotilla.benchmarks.subject.Subject;
import dev.flotilla.benchmarks.subject.SubjectContext;
import dev.flotilla.benchmarks.subject.SubjectLog;
import dev.flotilla.benchmarks.subject.Subjects;
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
 * One writer appends to one log. Each iteration begins with an empty directory and is short, so
 * that what is not synced stays in memory and no subject waits for another's bytes.
 */
@State(Scope.Benchmark)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class AppendBenchmark {

  /** What may be on its way at a time: as many writes, of as many bytes. */
  private static final int WRITES_ON_THE_WAY = 1024;

  private static final int BYTES_ON_THE_WAY = 4 << 20;

  @Param("mmap")
  public String subject = "";

  @Param({"100", "1024", "16384", "1048576"})
  public int payloadBytes;

  /** Payloads of one write. */
  @Param({"1", "100"})
  public int perWrite;

  @Param({"commit", "unsafe-os"})
  public String flush = "";

  /** What baselines without a log's structure preallocate. */
  @Param("64")
  public int preallocatedMb;

  private Scratch scratch;
  private Subject opened;
  private SubjectLog log;
  private Payloads payloads;
  private Window window;

  /** For JMH. */
  public AppendBenchmark() {}

  @Initializer
  @Setup(Level.Trial)
  public void make() {
    payloads = new Payloads(payloadBytes, perWrite);
    int fitting = BYTES_ON_THE_WAY / (payloadBytes * perWrite);
    window =
        new Window(Math.clamp(Math.min(fitting, payloads.unchanged() - 1), 1, WRITES_ON_THE_WAY));
  }

  @Initializer
  @Setup(Level.Iteration)
  public void open() {
    payloads.restart();
    scratch = new Scratch();
    opened =
        Subjects.open(
            subject,
            new SubjectContext(scratch.path(), FlushModes.of(flush), preallocatedMb << 20));
    log = opened.newLog();
  }

  /** The next write is handed over while earlier ones are on their way. */
  @Benchmark
  @BenchmarkMode(Mode.AverageTime)
  public void pipelined() {
    window.add(log.append(payloads.next()));
  }

  /** The writer waits for each write. */
  @Benchmark
  @BenchmarkMode(Mode.SampleTime)
  public void awaited() {
    log.append(payloads.next()).join();
  }

  @TearDown(Level.Iteration)
  public void close() {
    window.drain();
    opened.close();
    scratch.close();
  }
}
