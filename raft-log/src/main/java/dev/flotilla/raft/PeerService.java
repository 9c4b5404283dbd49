package dev.flotilla.raft;

import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.ratis.grpc.server.GrpcServices;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.thirdparty.io.grpc.ServerServiceDefinition;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;
import org.apache.ratis.thirdparty.io.grpc.stub.ServerCallStreamObserver;
import org.apache.ratis.thirdparty.io.grpc.stub.ServerCalls;
import org.apache.ratis.thirdparty.io.grpc.stub.StreamObserver;
import org.jspecify.annotations.Nullable;

/** Answers the calls of peers, on the port on which Ratis answers those of its servers. */
final class PeerService implements GrpcServices.Customizer {

  /** Requests that are being handled. One more is refused. */
  static final int MAX_IN_FLIGHT = 1024;

  /** Peers ping a connection without calls; more often than this they would be hung up on. */
  private static final long PERMITTED_PING_SECONDS = 1;

  /** What of a failure's message is sent: it travels in a header. */
  private static final int MAX_MESSAGE_CHARS = 1000;

  private final Map<PeerMethod, PeerRequestHandler> handlers;
  private final Map<PeerMethod, Integer> maxBytes;
  private final Function<RequestVoteRequestProto, VoteRule> votes;
  private final Executor executor;
  private final Semaphore inFlight = new Semaphore(MAX_IN_FLIGHT);

  /**
   * Answers each method by a handler of its own.
   *
   * @param maxBytes the largest request and answer of each method
   * @param votes how a candidate may be answered
   * @param executor starts a virtual thread for each request
   */
  PeerService(
      Map<PeerMethod, PeerRequestHandler> handlers,
      Map<PeerMethod, Integer> maxBytes,
      Function<RequestVoteRequestProto, VoteRule> votes,
      Executor executor) {
    this.handlers = Map.copyOf(handlers);
    this.maxBytes = Map.copyOf(maxBytes);
    this.votes = votes;
    this.executor = executor;
  }

  @Override
  public NettyServerBuilder customize(
      NettyServerBuilder builder, EnumSet<GrpcServices.Type> types) {
    ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(PeerMethod.SERVICE);
    handlers.forEach((method, handler) -> {
      int limit = maxBytes.getOrDefault(method, 0);
      service.addMethod(
          method.descriptor(),
          ServerCalls.asyncUnaryCall(
              (request, observer) -> answer(handler, limit, request, caller(observer))));
    });
    return builder
        .intercept(new PortGuard(votes))
        .addService(service.build())
        .permitKeepAliveTime(PERMITTED_PING_SECONDS, TimeUnit.SECONDS)
        .permitKeepAliveWithoutCalls(true);
  }

  private static Caller caller(StreamObserver<byte[]> observer) {
    // Without it, an answer to a caller that hung up is an exception.
    ((ServerCallStreamObserver<byte[]>) observer).setOnCancelHandler(() -> {});
    return new Caller(observer);
  }

  private void answer(PeerRequestHandler handler, int limit, byte[] request, Caller caller) {
    if (request.length > limit) {
      caller.tooLarge("request", request.length, limit);
    } else if (!inFlight.tryAcquire()) {
      caller.failed(MAX_IN_FLIGHT + " requests are being handled");
    } else {
      executor.execute(() -> {
        var _ =
            handle(handler, request)
                .whenComplete((answer, failure) -> {
                  inFlight.release();
                  caller.finish(answer, failure, limit);
                });
      });
    }
  }

  private static CompletableFuture<ByteBuffer> handle(PeerRequestHandler handler, byte[] request) {
    try {
      return handler.handle(ByteBuffer.wrap(request));
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Who waits for one answer. One that hung up gets nothing. */
  private record Caller(StreamObserver<byte[]> observer) {

    void finish(@Nullable ByteBuffer answer, @Nullable Throwable failure, int limit) {
      if (answer == null) {
        failed(failure == null ? "it has no answer" : message(failure));
      } else if (answer.remaining() > limit) {
        tooLarge("answer", answer.remaining(), limit);
      } else {
        byte[] bytes = new byte[answer.remaining()];
        answer.get(answer.position(), bytes);
        observer.onNext(bytes);
        observer.onCompleted();
      }
    }

    void failed(String message) {
      end(Status.ABORTED, message);
    }

    void tooLarge(String what, int bytes, int limit) {
      end(Status.OUT_OF_RANGE, "%s of %d bytes, at most %d".formatted(what, bytes, limit));
    }

    private void end(Status status, String message) {
      String sent = message.substring(0, Math.min(message.length(), MAX_MESSAGE_CHARS));
      observer.onError(status.withDescription(sent).asRuntimeException());
    }

    private static String message(Throwable failure) {
      Throwable cause =
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure;
      String message = cause.getMessage();
      return message == null ? cause.toString() : message;
    }
  }
}
