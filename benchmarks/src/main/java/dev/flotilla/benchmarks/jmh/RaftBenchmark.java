package dev.flotilla.benchmarks.jmh;

import dev.flotilla.benchmarks.subject.Payloads;
import dev.flotilla.raft.ReplicatedLog;
import java.io.IOException;
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
 * Appends through Raft, to a log with replicas on three servers of this process that reach each
 * other over loopback and sync each entry: from the leader's queue to what is committed and
 * applied. All that a produced batch costs but the client and the protocol.
 */
@State(Scope.Benchmark)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class RaftBenchmark {

  private static final int ON_THE_WAY = 256;

  @Param("mmap")
  public String subject = "";

  @Param({"1024", "65536"})
  public int payloadBytes;

  private Scratch scratch;
  private Trio trio;
  private ReplicatedLog leader;
  private Payloads payloads;
  private Window window;

  /** For JMH. */
  public RaftBenchmark() {}

  @Initializer
  @Setup(Level.Trial)
  public void open() throws IOException, InterruptedException {
    scratch = new Scratch();
    trio = Trio.start(scratch.path(), subject);
    leader = trio.leader();
    payloads = new Payloads(payloadBytes, 1);
    window = new Window(Math.min(ON_THE_WAY, payloads.unchanged() / 2));
  }

  /** One batch at a time. */
  @Benchmark
  @BenchmarkMode(Mode.SampleTime)
  public void awaited() {
    leader.append(new StampedBatch(payloads.next().getFirst())).future().join();
  }

  /** Many at a time, which Raft entries share. */
  @Benchmark
  @BenchmarkMode(Mode.AverageTime)
  public void pipelined() {
    window.add(
        leader
            .append(new StampedBatch(payloads.next().getFirst()))
            .future()
            .thenApply(appended -> null));
  }

  @TearDown(Level.Iteration)
  public void drain() {
    window.drain();
  }

  @TearDown(Level.Trial)
  public void close() {
    trio.close();
    scratch.close();
  }
}
