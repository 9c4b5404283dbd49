package dev.flotilla.raft;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.thirdparty.io.grpc.ConnectivityState;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.jspecify.annotations.Nullable;

/**
 * Watches whether one peer can be reached.
 *
 * <pre>
 *   unknown, unreachable -- a ping is answered --> reachable
 *   reachable -- the connection breaks, or PINGS pings in a row are not answered --> unreachable
 * </pre>
 *
 * <p>Silence is counted in pings sent, not on a clock: after a pause of this process no peer is
 * taken for gone before it was asked.
 */
final class PeerWatch implements Peers.Watch {

  /** This many in a row without an answer are silence. */
  private static final int PINGS = 4;

  /** After this many a connection that is still being made is given up for a new one. */
  private static final int STUCK_PINGS = 8 * PINGS;

  private final Peers peers;
  private final String host;
  private final int port;
  private final Duration silence;
  private final PeerListener listener;

  // Guarded by this object.
  private boolean reachable;
  private boolean closed;
  private int unanswered;

  /** How often it became reachable: a connection that broke before counts no more. */
  private int times;

  private @Nullable ScheduledFuture<?> pinging;

  PeerWatch(Peers peers, String host, int port, Duration silence, PeerListener listener) {
    this.peers = peers;
    this.host = host;
    this.port = port;
    this.silence = silence;
    this.listener = listener;
  }

  synchronized void start(ScheduledExecutorService timer) {
    try {
      pinging =
          timer.scheduleWithFixedDelay(
              () -> peers.executor().execute(this::ping),
              0,
              silence.dividedBy(PINGS).toNanos(),
              TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      // The node is closing, and this ends with it.
      closed = true;
    }
  }

  private void ping() {
    synchronized (this) {
      if (closed || peers.closed()) {
        return;
      }
      if (unanswered >= (reachable ? PINGS : STUCK_PINGS)) {
        lost(host + ":" + port + ": no answer for " + silence);
        unanswered = 0;
        // What still comes through a connection that was cut comes late; a new one is made.
        channel().enterIdle();
      }
      unanswered++;
    }
    var _ =
        peers
            .call(PeerMethod.PING, host, port, ByteBuffer.allocate(0), silence)
            .whenComplete((answer, failure) -> {
              if (failure == null) {
                answered();
              } else if (failure instanceof PeerException.Unreachable) {
                lost(String.valueOf(failure.getMessage()));
              }
            });
  }

  private synchronized void answered() {
    unanswered = 0;
    if (!reachable && !closed) {
      reachable = true;
      times++;
      listener.reachable();
      int connection = times;
      channel()
          .notifyWhenStateChanged(ConnectivityState.READY, () -> connectionChanged(connection));
    }
  }

  /** The connection is not what it was when the peer answered. */
  private synchronized void connectionChanged(int connection) {
    if (connection == times) {
      lost(host + ":" + port + ": the connection broke");
    }
  }

  private synchronized void lost(String reason) {
    if (reachable && !closed && !peers.closed()) {
      reachable = false;
      listener.unreachable(reason);
    }
  }

  private ManagedChannel channel() {
    return peers.channel(host, port);
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (pinging != null) {
      pinging.cancel(false);
    }
  }
}
