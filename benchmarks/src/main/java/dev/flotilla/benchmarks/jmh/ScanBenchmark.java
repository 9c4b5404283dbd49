package dev.flotilla.benchmarks.jmh;

import dev.flotilla.benchmarks.subject.Payloads;
import dev.flotilla.benchmarks.subject.Subject;
import dev.flotilla.benchmarks.subject.SubjectContext;
import dev.flotilla.benchmarks.subject.SubjectLog;
import dev.flotilla.benchmarks.subject.Subjects;
import dev.flotilla.storage.FlushMode;
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

/** Appends with a sync for every hundred payloads of 1 KB, then reads all of it in fetches. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class ScanBenchmark {

  private static final int PAYLOAD_BYTES = 1024;
  private static final int PER_WRITE = 100;
  private static final int FETCH_BYTES = 1 << 20;

  @Param("mmap")
  public String subject = "";

  @Param("500")
  public int writes;

  private Payloads payloads;
  private Scratch scratch;
  private Subject opened;
  private SubjectLog log;

  /** For JMH. */
  public ScanBenchmark() {}

  @Initializer
  @Setup(Level.Trial)
  public void make() {
    payloads = new Payloads(PAYLOAD_BYTES, PER_WRITE);
  }

  @Initializer
  @Setup(Level.Iteration)
  public void open() {
    payloads.restart();
    scratch = new Scratch();
    opened = Subjects.open(subject, new SubjectContext(scratch.path(), FlushMode.COMMIT));
    log = opened.newLog();
  }

  @Benchmark
  public long appendThenScan() {
    for (int i = 0; i < writes; i++) {
      log.append(payloads.next()).join();
    }
    long count = (long) writes * PER_WRITE;
    long offset = 0;
    while (offset < count) {
      offset += log.read(offset, FETCH_BYTES) / PAYLOAD_BYTES;
    }
    return offset;
  }

  @TearDown(Level.Iteration)
  public void close() {
    opened.close();
    scratch.close();
  }
}
