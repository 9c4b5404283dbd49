package dev.flotilla.server.peer;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.flotilla.proto.liveness.Heartbeat;
import dev.flotilla.proto.liveness.HeartbeatAnswer;
import dev.flotilla.proto.liveness.LeadershipReports;
import dev.flotilla.proto.peer.Form;
import dev.flotilla.proto.peer.FormingRecord;
import dev.flotilla.proto.peer.Hello;
import dev.flotilla.proto.peer.HelloAnswer;
import dev.flotilla.proto.peer.Join;
import dev.flotilla.proto.peer.Leave;
import dev.flotilla.proto.peer.PeerAnswer;
import dev.flotilla.proto.peer.PeerRequest;
import dev.flotilla.proto.peer.Sender;
import dev.flotilla.proto.peer.SubmitCommand;
import dev.flotilla.proto.peer.SubmitCommandAnswer;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Asks other nodes. Any thread may call any method; none blocks. Futures complete on threads that
 * may be blocked.
 *
 * <p>Each request fails with {@link PeerRefusedException} if the other node refused it, and changed
 * nothing; and as its {@link Calls} fail, after which the other node may have done what it was
 * asked.
 */
public final class Peers {

  /** For what needs no more than a look at what the other node has in memory. */
  private static final Duration SHORT = Duration.ofSeconds(2);

  /** For what waits for disks, or for other nodes in turn. */
  private static final Duration LONG = Duration.ofSeconds(10);

  private final Supplier<Sender> self;
  private final Calls calls;

  /** Bytes there and bytes back. */
  @FunctionalInterface
  public interface Calls {

    /**
     * Asks; fails with a {@link RuntimeException} that names the peer and what happened. Never
     * blocks.
     */
    CompletableFuture<ByteBuffer> call(String host, int port, ByteBuffer request, Duration timeout);
  }

  /**
   * A client.
   *
   * @param self this node as it is when it asks
   */
  public Peers(Supplier<Sender> self, Calls calls) {
    this.self = self;
    this.calls = calls;
  }

  /** Whether a request that failed so was never sent: no connection could be made. */
  public static boolean neverSent(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ConnectException) {
        return true;
      }
    }
    return false;
  }

  /** Who is there? */
  public CompletableFuture<HelloAnswer> hello(PeerAddress peer, Hello hello) {
    return call(peer, PeerRequest.newBuilder().setHello(hello), SHORT)
        .thenApply(PeerAnswer::getHello);
  }

  /** Completes when the node has stored the record. */
  public CompletableFuture<Void> form(PeerAddress peer, FormingRecord record) {
    var form = Form.newBuilder().setRecord(record);
    return call(peer, PeerRequest.newBuilder().setForm(form), LONG).thenAccept(answer -> {});
  }

  /** Completes when the member is a voter of the metadata group that the node leads. */
  public CompletableFuture<Void> join(PeerAddress peer, FormingRecord.Member member) {
    var join = Join.newBuilder().setMember(member);
    return call(peer, PeerRequest.newBuilder().setJoin(join), LONG).thenAccept(answer -> {});
  }

  /** Completes when the member is no voter of the metadata group that the node leads. */
  public CompletableFuture<Void> leave(PeerAddress peer, FormingRecord.Member member) {
    var leave = Leave.newBuilder().setMember(member);
    return call(peer, PeerRequest.newBuilder().setLeave(leave), LONG).thenAccept(answer -> {});
  }

  /** Completes with what became of a command that was handed to the node. */
  public CompletableFuture<SubmitCommandAnswer> submit(PeerAddress peer, SubmitCommand command) {
    return call(peer, PeerRequest.newBuilder().setSubmitCommand(command), LONG)
        .thenApply(PeerAnswer::getSubmitCommand);
  }

  /** Completes with what the metadata has made of this node. */
  public CompletableFuture<HeartbeatAnswer> heartbeat(PeerAddress peer, Heartbeat heartbeat) {
    return call(peer, PeerRequest.newBuilder().setHeartbeat(heartbeat), SHORT)
        .thenApply(PeerAnswer::getHeartbeat);
  }

  /** Completes when the node has the reports. */
  public CompletableFuture<Void> reports(PeerAddress peer, LeadershipReports reports) {
    return call(peer, PeerRequest.newBuilder().setLeadershipReports(reports), SHORT)
        .thenAccept(answer -> {});
  }

  private CompletableFuture<PeerAnswer> call(
      PeerAddress peer, PeerRequest.Builder request, Duration timeout) {
    var kind = request.getKindCase();
    var bytes = request.setSender(self.get()).build().toByteString().asReadOnlyByteBuffer();
    return calls
        .call(peer.host(), peer.port(), bytes, timeout)
        .thenApply(answer -> expect(peer, kind, answer));
  }

  private static PeerAnswer expect(PeerAddress peer, PeerRequest.KindCase kind, ByteBuffer bytes) {
    PeerAnswer answer;
    try {
      answer = PeerAnswer.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(peer + " answers what cannot be read", e);
    }
    if (answer.hasRefusal()) {
      throw PeerRefusedException.of(answer.getRefusal());
    }
    // Question and answer have one number.
    if (answer.getKindCase().getNumber() != kind.getNumber()) {
      throw new IllegalStateException(
          "%s answers %s to %s".formatted(peer, answer.getKindCase(), kind));
    }
    return answer;
  }
}
