package dev.flotilla.benchmarks.jmh;

import dev.flotilla.benchmarks.subject.EngineLog;
import dev.flotilla.benchmarks.subject.Payloads;
import dev.flotilla.benchmarks.subject.SubjectContext;
import dev.flotilla.benchmarks.subject.Subjects;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.StorageEngine;
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

/** Appends to a log of an engine, and reads of it, by how many entries it has already. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class GrowthBenchmark {

  private static final int PAYLOAD_BYTES = 100;
  private static final int FETCH_BYTES = 64 << 10;

  @Param("mmap")
  public String subject = "";

  @Param({"100000", "1000000", "10000000"})
  public int entries;

  private final SplittableRandom random = new SplittableRandom(4711);
  private Scratch scratch;
  private StorageEngine engine;
  private EngineLog log;
  private Payloads payloads;

  /** For JMH. */
  public GrowthBenchmark() {}

  /**
   * Filled without syncs and opened again, so that the appends that are measured sync their own.
   */
  @Initializer
  @Setup(Level.Trial)
  public void open() {
    scratch = new Scratch();
    LogId id = LogId.random();
    try (StorageEngine filled = open(FlushMode.UNSAFE_OS)) {
      FilledLog.fill(new EngineLog(filled.create(id, LogBase.ORIGIN)), PAYLOAD_BYTES, entries);
    }
    engine = open(FlushMode.COMMIT);
    log = new EngineLog(engine.open(id));
    payloads = new Payloads(PAYLOAD_BYTES, 1);
  }

  private StorageEngine open(FlushMode flushMode) {
    return Subjects.engine(subject)
        .open(Subjects.engineContext(new SubjectContext(scratch.path(), flushMode)));
  }

  @Benchmark
  public void append() {
    log.append(payloads.next()).join();
  }

  @Benchmark
  public int fetch() {
    return log.read(random.nextLong(entries), FETCH_BYTES);
  }

  @TearDown(Level.Trial)
  public void close() {
    engine.close();
    scratch.close();
  }
}
