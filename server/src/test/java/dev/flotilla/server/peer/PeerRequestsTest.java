package dev.flotilla.server.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.flotilla.proto.peer.Hello;
import dev.flotilla.proto.peer.HelloAnswer;
import dev.flotilla.proto.peer.PeerAnswer;
import dev.flotilla.proto.peer.PeerRefusal.Reason;
import dev.flotilla.proto.peer.PeerRequest;
import dev.flotilla.proto.peer.Sender;
import dev.flotilla.proto.peer.SubmitCommand;
import dev.flotilla.proto.peer.SubmitCommandAnswer;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

class PeerRequestsTest {

  private static final PeerAddress ANYWHERE = new PeerAddress("host2", 9192);

  private final PeerRequests requests = new PeerRequests(() -> node(2, "B"));

  private static Sender node(int id, String cluster) {
    return Sender.newBuilder().setNodeId(id).setClusterId(cluster).build();
  }

  /** A client of the requests, without a network between them. */
  private Peers asking(Sender sender) {
    return new Peers(() -> sender, (host, port, request, timeout) -> requests.handle(request));
  }

  private static PeerHandler handler(
      PeerRequest.KindCase kind, Function<PeerRequest, CompletableFuture<PeerAnswer>> handling) {
    return new PeerHandler() {
      @Override
      public PeerRequest.KindCase kind() {
        return kind;
      }

      @Override
      public CompletableFuture<PeerAnswer> handle(PeerRequest request) {
        return handling.apply(request);
      }
    };
  }

  private static final PeerHandler HELLO =
      handler(
          PeerRequest.KindCase.HELLO,
          request ->
              CompletableFuture.completedFuture(
                  PeerAnswer.newBuilder()
                      .setHello(
                          HelloAnswer.newBuilder()
                              .setNodeId(2)
                              .setNodesDigest(request.getHello().getNodesDigest()))
                      .build()));

  private static final PeerHandler NO_LEADER =
      handler(
          PeerRequest.KindCase.SUBMIT_COMMAND,
          request ->
              CompletableFuture.failedFuture(
                  new PeerRefusedException(Reason.NOT_LEADER, "node 3 leads", OptionalInt.of(3))));

  private static <T> T get(CompletableFuture<T> future) throws Exception {
    return future.get(20, TimeUnit.SECONDS);
  }

  private static PeerRefusedException refusalOf(CompletableFuture<?> future) {
    try {
      get(future);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof PeerRefusedException refused) {
        return refused;
      }
      throw new AssertionError(e);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("not refused");
  }

  @Test
  void shouldAnswerWithTheHandlerOfTheKind() throws Exception {
    requests.serve(List.of(HELLO, NO_LEADER));
    var digest = ByteString.copyFromUtf8("nodes");

    var answer =
        get(asking(node(1, "")).hello(ANYWHERE, Hello.newBuilder().setNodesDigest(digest).build()));

    assertThat(answer.getNodeId()).isEqualTo(2);
    assertThat(answer.getNodesDigest()).isEqualTo(digest);
  }

  @Test
  void shouldCarryARefusalAndTheLeaderItNames() {
    requests.serve(List.of(NO_LEADER));

    var refused =
        refusalOf(asking(node(1, "B")).submit(ANYWHERE, SubmitCommand.getDefaultInstance()));

    assertThat(refused.reason()).isEqualTo(Reason.NOT_LEADER);
    assertThat(refused).hasMessage("node 3 leads");
    assertThat(refused.leader()).hasValue(3);
  }

  @Test
  void shouldRefuseWhatIsNotServedYet() {
    requests.serve(List.of(HELLO));

    var refused =
        refusalOf(asking(node(1, "B")).submit(ANYWHERE, SubmitCommand.getDefaultInstance()));

    assertThat(refused.reason()).isEqualTo(Reason.NOT_SERVED);
  }

  @Test
  void shouldRefuseNodesOfAnotherClusterAllButTheirGreeting() throws Exception {
    requests.serve(List.of(HELLO, NO_LEADER));
    var stranger = asking(node(1, "A"));

    var refused = refusalOf(stranger.submit(ANYWHERE, SubmitCommand.getDefaultInstance()));

    assertThat(refused.reason()).isEqualTo(Reason.OTHER_CLUSTER);
    assertThat(refused).hasMessage("node 1 is of cluster A, this is node 2 of cluster B");
    assertThat(get(stranger.hello(ANYWHERE, Hello.getDefaultInstance())).getNodeId()).isEqualTo(2);
  }

  @Test
  void shouldRefuseBytesThatItDoesNotUnderstand() throws Exception {
    for (var bytes : List.of(new byte[] {(byte) 0xff}, new byte[0])) {
      var answer = PeerAnswer.parseFrom(get(requests.handle(ByteBuffer.wrap(bytes))));

      assertThat(answer.getRefusal().getReason()).isEqualTo(Reason.NOT_UNDERSTOOD);
    }
  }

  @Test
  void shouldFailWhereAHandlerFailsOrAnswersAnotherQuestion() {
    requests.serve(
        List.of(
            handler(
                PeerRequest.KindCase.FORM,
                request -> CompletableFuture.failedFuture(new IllegalStateException("disk full"))),
            handler(
                PeerRequest.KindCase.HELLO,
                request ->
                    CompletableFuture.completedFuture(
                        PeerAnswer.newBuilder()
                            .setSubmitCommand(SubmitCommandAnswer.getDefaultInstance())
                            .build()))));
    var peers = asking(node(1, "B"));

    assertThatThrownBy(() ->
            get(peers.form(ANYWHERE, dev.flotilla.proto.peer.FormingRecord.getDefaultInstance())))
        .hasRootCauseInstanceOf(IllegalStateException.class)
        .hasRootCauseMessage("disk full");
    assertThatThrownBy(() -> get(peers.hello(ANYWHERE, Hello.getDefaultInstance())))
        .cause()
        .asInstanceOf(InstanceOfAssertFactories.THROWABLE)
        .hasMessage("host2:9192 answers SUBMIT_COMMAND to HELLO");
  }

  @Test
  void shouldHaveOneHandlerForAKind() {
    requests.serve(List.of(HELLO));

    assertThatThrownBy(() -> requests.serve(List.of(HELLO)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
