package dev.flotilla.raft;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.thirdparty.io.grpc.CallOptions;
import org.apache.ratis.thirdparty.io.grpc.ConnectivityState;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyChannelBuilder;
import org.apache.ratis.thirdparty.io.grpc.stub.ClientCalls;
import org.apache.ratis.thirdparty.io.grpc.stub.StreamObserver;
import org.apache.ratis.thirdparty.io.netty.channel.ChannelOption;
import org.jspecify.annotations.Nullable;

/**
 * The other nodes, as this one calls them: bytes for bytes, over the port of their {@link
 * RaftNode}, and independent of any group. Any thread may call any method.
 *
 * <p>There is one connection to each address, made at the first call and kept. One that is lost is
 * made again by the next call, which fails if that is refused: nothing waits for a peer that is not
 * there, and one that comes back is reached by the first call that it can answer.
 */
public final class Peers implements AutoCloseable {

  /** How long making a connection may take; a lost packet must not hold up those who come later. */
  private static final int CONNECT_TIMEOUT_MS = 1000;

  /** For connections that nobody watches: gRPC asks no more often. */
  private static final long KEEP_ALIVE_SECONDS = 10;

  private final int maxBytes;
  private final int maxCheckpointBytes;
  private final Executor executor;
  private final ScheduledExecutorService timer;
  private final ConcurrentMap<String, ManagedChannel> channels = new ConcurrentHashMap<>();

  /** Written by the thread that closes, read by any. */
  private volatile boolean closed;

  /**
   * Connects to nobody yet.
   *
   * @param maxBytes the largest request and answer
   * @param maxCheckpointBytes the largest checkpoint
   * @param executor starts a virtual thread for each task
   */
  Peers(int maxBytes, int maxCheckpointBytes, Executor executor, ScheduledExecutorService timer) {
    this.maxBytes = maxBytes;
    this.maxCheckpointBytes = maxCheckpointBytes;
    this.executor = executor;
    this.timer = timer;
  }

  /**
   * Asks another node; its {@link PeerRequestHandler} answers. Never blocks. The future completes
   * on a virtual thread, which may be blocked, with the answer or a {@link PeerException}: {@link
   * PeerException.Unreachable} as soon as a connection is refused or breaks, {@link
   * PeerException.TimedOut} at the timeout. A request is sent once at most.
   *
   * @param request its remaining bytes are copied; at most those of an entry
   */
  public CompletableFuture<ByteBuffer> call(
      String host, int port, ByteBuffer request, Duration timeout) {
    if (request.remaining() > maxBytes) {
      return CompletableFuture.failedFuture(
          new PeerException.TooLarge(
              "%s:%d: request of %d bytes, at most %d"
                  .formatted(host, port, request.remaining(), maxBytes)));
    }
    return call(PeerMethod.CALL, host, port, request, timeout);
  }

  /**
   * Watches a peer: connects, and asks again and again whether it is there, whether it was or not.
   *
   * @param silence after this long without an answer it is not reachable; a broken connection is
   *     noticed at once
   */
  public Watch watch(String host, int port, Duration silence, PeerListener listener) {
    PeerWatch watch = new PeerWatch(this, host, port, silence, listener);
    watch.start(timer);
    return watch;
  }

  /** Ends when it is closed; a call that has begun may still come after that. */
  public interface Watch extends AutoCloseable {
    @Override
    void close();
  }

  /** The checkpoint at which a replica of a group may begin, of the leader at an address. */
  CompletableFuture<ByteBuffer> checkpoint(String address, UUID group, Duration timeout) {
    int colon = address.lastIndexOf(':');
    ByteBuffer request = ByteBuffer.allocate(2 * Long.BYTES);
    request.putLong(group.getMostSignificantBits()).putLong(group.getLeastSignificantBits());
    return call(
        PeerMethod.CHECKPOINT,
        address.substring(0, colon),
        Integer.parseInt(address.substring(colon + 1)),
        request.flip(),
        timeout);
  }

  CompletableFuture<ByteBuffer> call(
      PeerMethod method, String host, int port, ByteBuffer request, Duration timeout) {
    byte[] bytes = new byte[request.remaining()];
    request.get(request.position(), bytes);
    Answer answer = new Answer(host + ":" + port, timeout);
    try {
      ManagedChannel channel = channel(host, port);
      if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
        // Calls would fail for what happened last until gRPC tries again, after up to two minutes.
        channel.enterIdle();
      }
      CallOptions options =
          CallOptions.DEFAULT.withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS);
      ClientCalls.asyncUnaryCall(channel.newCall(method.descriptor(), options), bytes, answer);
    } catch (RuntimeException e) {
      answer.onError(e);
    }
    return answer.future;
  }

  /** The connection to an address; it may not be made yet. */
  ManagedChannel channel(String host, int port) {
    ManagedChannel channel =
        channels.computeIfAbsent(host + ":" + port, address -> connect(host, port));
    if (closed) {
      channel.shutdownNow();
    }
    return channel;
  }

  private ManagedChannel connect(String host, int port) {
    return NettyChannelBuilder.forAddress(host, port)
        .usePlaintext()
        .proxyDetector(address -> null)
        .disableRetry()
        .executor(executor)
        .maxInboundMessageSize(maxCheckpointBytes)
        .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MS)
        .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
        .keepAliveTimeout(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
        .keepAliveWithoutCalls(true)
        .build();
  }

  Executor executor() {
    return executor;
  }

  /** Hangs up: calls that wait fail, watches end. */
  @Override
  public void close() {
    closed = true;
    channels.values().forEach(ManagedChannel::shutdownNow);
  }

  boolean closed() {
    return closed;
  }

  /** One answer, or why there is none. */
  private static final class Answer implements StreamObserver<byte[]> {

    private final String peer;
    private final Duration timeout;
    private final CompletableFuture<ByteBuffer> future = new CompletableFuture<>();

    /** Set before the call ends, by the thread that ends it. */
    private byte @Nullable [] answer;

    Answer(String peer, Duration timeout) {
      this.peer = peer;
      this.timeout = timeout;
    }

    @Override
    public void onNext(byte[] bytes) {
      answer = bytes;
    }

    @Override
    public void onCompleted() {
      byte[] bytes = answer;
      if (bytes == null) {
        future.completeExceptionally(new PeerException.Failed(peer + ": it has no answer"));
      } else {
        future.complete(ByteBuffer.wrap(bytes));
      }
    }

    @Override
    public void onError(Throwable failure) {
      Status status = Status.fromThrowable(failure);
      String description = peer + ": " + status.getDescription();
      PeerException translated =
          switch (status.getCode()) {
            case DEADLINE_EXCEEDED ->
                new PeerException.TimedOut(peer + ": no answer within " + timeout);
            case OUT_OF_RANGE, RESOURCE_EXHAUSTED -> new PeerException.TooLarge(description);
            case ABORTED, UNIMPLEMENTED, PERMISSION_DENIED -> new PeerException.Failed(description);
            default -> new PeerException.Unreachable(peer + ": " + reason(status));
          };
      translated.initCause(status.getCause());
      future.completeExceptionally(translated);
    }

    private static String reason(Status status) {
      Throwable cause = status.getCause();
      return status.getCode()
          + " "
          + status.getDescription()
          + (cause == null ? "" : ", " + cause.getMessage());
    }
  }
}
