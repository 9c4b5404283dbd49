package dev.flotilla.benchmarks.jmh;

import dev.flotilla.benchmarks.subject.Subject;
import dev.flotilla.benchmarks.subject.SubjectContext;
import dev.flotilla.benchmarks.subject.Subjects;
import dev.flotilla.storage.FlushMode;
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
 * How much of the disk a log takes: the length of all files while it is open, preallocated space
 * and indexes with it. Counted and not timed.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class FootprintBenchmark {

  @Param("mmap")
  public String subject = "";

  @Param({"1024", "16384", "65536", "1048576"})
  public int payloadBytes;

  @Param("256")
  public int producedMb;

  private Scratch scratch;
  private Subject opened;

  /** For JMH. */
  public FootprintBenchmark() {}

  /** The counts of one measurement. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Bytes {

    public long produced;
    public long onDisk;

    /** For JMH. */
    public Bytes() {}
  }

  @Initializer
  @Setup(Level.Iteration)
  public void open() {
    scratch = new Scratch();
    opened = Subjects.open(subject, new SubjectContext(scratch.path(), FlushMode.COMMIT));
  }

  @Benchmark
  public void append(Bytes bytes) {
    long count = ((long) producedMb << 20) / payloadBytes;
    FilledLog.fill(opened.newLog(), payloadBytes, count);
    bytes.produced = count * payloadBytes;
    bytes.onDisk = scratch.bytes();
  }

  @TearDown(Level.Iteration)
  public void close() {
    opened.close();
    scratch.close();
  }
}
