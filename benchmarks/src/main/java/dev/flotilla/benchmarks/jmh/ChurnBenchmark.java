package dev.flotilla.benchmarks.jmh;

import dev.flotilla.benchmarks.subject.EngineLog;
import dev.flotilla.benchmarks.subject.Payloads;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageEngine;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
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
 * Appends of 1 KB entries that are synced, behind a {@link Churn}: to the engine that it happened
 * to, or to a fresh one that holds the same logs.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class ChurnBenchmark {

  private static final int PAYLOAD_BYTES = 1024;
  private static final int BATCH = 100;

  @Param("mmap")
  public String subject = "";

  @Param({"churned", "fresh"})
  public String environment = "";

  @Param("100")
  public int logs;

  @Param("1024")
  public int retainedKb;

  @Param("168")
  public int hours;

  private final SplittableRandom random = new SplittableRandom(4711);
  private Scratch scratch;
  private StorageEngine engine;
  private List<EngineLog> appended;
  private Payloads single;
  private Payloads batches;

  /** For JMH. */
  public ChurnBenchmark() {}

  /** Made without syncs and opened again, so that the appends that are measured sync their own. */
  @Initializer
  @Setup(Level.Trial)
  public void open() {
    scratch = new Scratch();
    Path churned = scratch.path().resolve("churned");
    Path fresh = scratch.path().resolve("fresh");
    List<LogId> ids;
    try (StorageEngine first = open(churned, FlushMode.UNSAFE_OS);
        StorageEngine second = open(fresh, FlushMode.UNSAFE_OS)) {
      Churn churn = new Churn(first, logs, (long) retainedKb << 10);
      churn.run(hours);
      ids = churn.stores().stream().map(LogStore::id).toList();
      if (environment.equals("fresh")) {
        churn.copyTo(second);
      }
    }
    engine = open(environment.equals("fresh") ? fresh : churned, FlushMode.COMMIT);
    appended = ids.stream().map(id -> new EngineLog(engine.open(id))).toList();
    single = new Payloads(PAYLOAD_BYTES, 1);
    batches = new Payloads(PAYLOAD_BYTES, BATCH);
  }

  private StorageEngine open(Path directory, FlushMode flushMode) {
    return Churn.engine(subject, directory, flushMode);
  }

  private EngineLog anyLog() {
    return appended.get(random.nextInt(appended.size()));
  }

  @Benchmark
  public void append() {
    anyLog().append(single.next()).join();
  }

  @Benchmark
  public void appendBatch() {
    anyLog().append(batches.next()).join();
  }

  /** One entry to each log, all on their way at the same time. */
  @Benchmark
  public void appendToAll() {
    CompletableFuture.allOf(
            appended.stream()
                .map(log -> log.append(single.next()))
                .toArray(CompletableFuture<?>[]::new))
        .join();
  }

  @TearDown(Level.Trial)
  public void close() {
    engine.close();
    scratch.close();
  }
}
