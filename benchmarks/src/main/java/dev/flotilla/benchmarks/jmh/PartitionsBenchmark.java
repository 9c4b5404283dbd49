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
import org.openjdk.jmh.annotations.Threads;

/** As many writers as partitions, each with a log of its own; each waits for each of its writes. */
@Threads(PartitionsBenchmark.PARTITIONS)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class PartitionsBenchmark {

  static final int PARTITIONS = 16;

  /** For JMH. */
  public PartitionsBenchmark() {}

  /** What all writers share. */
  @State(Scope.Benchmark)
  public static class Shared {

    @Param("mmap")
    public String subject = "";

    @Param({"100", "1024", "16384"})
    public int payloadBytes;

    @Param({"commit", "unsafe-os"})
    public String flush = "";

    /** What baselines without a log's structure preallocate for each log. */
    @Param("16")
    public int preallocatedMb;

    private Scratch scratch;
    private Subject opened;

    /** For JMH. */
    public Shared() {}

    @Initializer
    @Setup(Level.Iteration)
    public void open() {
      scratch = new Scratch();
      opened =
          Subjects.open(
              subject,
              new SubjectContext(scratch.path(), FlushModes.of(flush), preallocatedMb << 20));
    }

    synchronized SubjectLog newLog() {
      return opened.newLog();
    }

    @TearDown(Level.Iteration)
    public void close() {
      opened.close();
      scratch.close();
    }
  }

  /** One writer. */
  @State(Scope.Thread)
  public static class Writer {

    private Payloads payloads;
    private SubjectLog log;

    /** For JMH. */
    public Writer() {}

    @Initializer
    @Setup(Level.Trial)
    public void make(Shared shared) {
      payloads = new Payloads(shared.payloadBytes, 1);
    }

    @Initializer
    @Setup(Level.Iteration)
    public void open(Shared shared) {
      payloads.restart();
      log = shared.newLog();
    }
  }

  @Benchmark
  public void awaited(Writer writer) {
    writer.log.append(writer.payloads.next()).join();
  }
}
