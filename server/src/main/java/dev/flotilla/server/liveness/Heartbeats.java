package dev.flotilla.server.liveness;

import dev.flotilla.proto.liveness.Heartbeat;
import dev.flotilla.proto.liveness.Heartbeat.Wish;
import dev.flotilla.proto.liveness.HeartbeatAnswer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the metadata leader again and again that this node is alive, and what it wishes to be. Any
 * thread may call; nothing blocks but {@link #close}.
 */
public final class Heartbeats implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Heartbeats.class);

  /** An answer says what holds so far; that a wish is granted is seen by a later one. */
  private static final Duration WISHING = Duration.ofMillis(20);

  private final int nodeId;
  private final long epoch;
  private final Leader leader;
  private final Duration interval;
  private final LivenessMetrics metrics;
  private final Runnable superseded;

  /** Given when there is a new wish. */
  private final Semaphore news = new Semaphore(0);

  private final Thread thread;

  /** Written by whoever wishes, read by the thread. */
  private volatile Wished wished = new Wished(Wish.STARTING, new CompletableFuture<>());

  /** Written by whoever closes, read by the thread. */
  private volatile boolean closed;

  /** Reaches the leader of the metadata, wherever it is. */
  @FunctionalInterface
  public interface Leader {

    /** Completes with its answer; fails if it is not known, not reached, or not the leader. */
    CompletableFuture<HeartbeatAnswer.State> heartbeat(Heartbeat heartbeat);
  }

  private record Wished(Wish wish, CompletableFuture<Void> granted) {

    boolean isGrantedBy(HeartbeatAnswer.State state) {
      return switch (wish) {
        case STARTING, STOPPED -> state == HeartbeatAnswer.State.FENCED;
        case SERVE -> state == HeartbeatAnswer.State.SERVING;
        // One that was fenced stops as well.
        case STOP -> state != HeartbeatAnswer.State.SERVING;
        case WISH_UNSPECIFIED, UNRECOGNIZED -> false;
      };
    }
  }

  /**
   * Begins to beat, as a node that starts.
   *
   * @param epoch index of the command that registered it
   * @param superseded run, maybe more than once, when another incarnation of this node registered
   */
  public Heartbeats(
      int nodeId,
      long epoch,
      Leader leader,
      Duration interval,
      LivenessMetrics metrics,
      Runnable superseded) {
    this.nodeId = nodeId;
    this.epoch = epoch;
    this.leader = leader;
    this.interval = interval;
    this.metrics = metrics;
    this.superseded = superseded;
    this.thread = Thread.ofVirtual().name("heartbeats").start(this::run);
  }

  /**
   * Wishes from now on to be this. Completes when the leader says that it is so; fails with {@link
   * IllegalStateException} if another incarnation of this node has registered. A later wish takes
   * the place of one that was not granted, which then never completes.
   */
  public CompletableFuture<Void> wish(Wish wish) {
    var next = new Wished(wish, new CompletableFuture<>());
    wished = next;
    news.release();
    return next.granted();
  }

  private void run() {
    try {
      while (!closed) {
        beat();
        var _ = news.tryAcquire(pause().toNanos(), TimeUnit.NANOSECONDS);
        news.drainPermits();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Duration pause() {
    return wished.granted().isDone() || interval.compareTo(WISHING) < 0 ? interval : WISHING;
  }

  private void beat() throws InterruptedException {
    var now = wished;
    var heartbeat =
        Heartbeat.newBuilder().setNodeId(nodeId).setEpoch(epoch).setWish(now.wish()).build();
    try {
      var state = leader.heartbeat(heartbeat).get();
      if (state == HeartbeatAnswer.State.STALE) {
        superseded.run();
        now.granted()
            .completeExceptionally(
                new IllegalStateException(
                    "another incarnation of node " + nodeId + " has registered"));
      } else if (now.isGrantedBy(state)) {
        now.granted().complete(null);
      }
    } catch (ExecutionException e) {
      metrics.heartbeatFailed();
      LOG.debug("A heartbeat was not answered", e);
    }
  }

  /** Beats no more. */
  @Override
  public void close() {
    closed = true;
    news.release();
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
