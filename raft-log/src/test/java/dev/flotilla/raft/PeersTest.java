package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.codahale.metrics.MetricRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes without any group, of which one calls the other. */
class PeersTest {

  /** What is meant to happen before it must not need it. */
  private static final Duration LONG = Duration.ofHours(1);

  @TempDir Path directory;

  private int port;
  private RaftNode caller;

  @BeforeEach
  void startCaller() throws IOException {
    port = TestNodes.freePort();
    caller = TestNodes.start(TestNodes.config(directory.resolve("caller"), 1, 0, "mmap"));
  }

  @AfterEach
  void stopCaller() {
    caller.close();
  }

  private RaftNode callee(PeerRequestHandler handler) throws IOException {
    return RaftNode.start(
        TestNodes.config(directory.resolve("callee"), 2, port, "mmap"),
        new MetricRegistry(),
        handler);
  }

  private static CompletableFuture<ByteBuffer> echo(ByteBuffer request) {
    return CompletableFuture.completedFuture(request);
  }

  private CompletableFuture<ByteBuffer> call(String request) {
    return call(ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8)), LONG);
  }

  private CompletableFuture<ByteBuffer> call(ByteBuffer request, Duration timeout) {
    return caller.peers().call("127.0.0.1", port, request, timeout);
  }

  private static String text(CompletableFuture<ByteBuffer> answer) throws Exception {
    return StandardCharsets.UTF_8.decode(await(answer)).toString();
  }

  private static ByteBuffer await(CompletableFuture<ByteBuffer> answer)
      throws InterruptedException, ExecutionException, TimeoutException {
    return answer.get(TestNodes.DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Test
  void shouldAnswerWithoutAnyGroup() throws Exception {
    try (RaftNode callee = callee(PeersTest::echo)) {
      assertThat(text(call("hello"))).isEqualTo("hello");
      assertThat(text(call(""))).isEmpty();
      assertThat(callee.storedGroups()).isEmpty();
    }
  }

  @Test
  void shouldNotChangeTheRequestAndAnswerWithWhatRemains() throws Exception {
    // given bytes before and behind what is meant
    ByteBuffer request = ByteBuffer.wrap("<hello>".getBytes(StandardCharsets.UTF_8), 1, 5);
    PeerRequestHandler handler =
        asked -> {
          ByteBuffer wide = ByteBuffer.allocate(asked.remaining() + 2).put(1, asked, 0, 5);
          return CompletableFuture.completedFuture(wide.position(1).limit(6));
        };
    try (RaftNode callee = callee(handler)) {
      // when
      assertThat(callee.self().port()).isEqualTo(port);
      CompletableFuture<ByteBuffer> answer = call(request, LONG);

      // then
      assertThat(text(answer)).isEqualTo("hello");
      assertThat(request.remaining()).isEqualTo(5);
    }
  }

  @Test
  void shouldHandleManyRequestsAtOnceEachOnAVirtualThread() throws Exception {
    // given a handler that answers nobody before all have asked
    int requests = 200;
    CountDownLatch asked = new CountDownLatch(requests);
    AtomicInteger virtual = new AtomicInteger();
    PeerRequestHandler handler =
        request -> {
          asked.countDown();
          virtual.addAndGet(Thread.currentThread().isVirtual() ? 1 : 0);
          awaitQuietly(asked);
          return echo(request);
        };
    try (RaftNode callee = callee(handler)) {
      // when
      assertThat(callee.self().port()).isEqualTo(port);
      List<CompletableFuture<ByteBuffer>> answers = new ArrayList<>();
      for (int i = 0; i < requests; i++) {
        answers.add(call("request " + i));
      }

      // then
      for (int i = 0; i < requests; i++) {
        assertThat(text(answers.get(i))).isEqualTo("request " + i);
      }
      assertThat(virtual).hasValue(requests);
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      if (!latch.await(TestNodes.DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException("nobody released it");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void shouldRefuseARequestWhenTooManyAreBeingHandled() throws Exception {
    CompletableFuture<ByteBuffer> end = new CompletableFuture<>();
    try (RaftNode callee = callee(request -> end)) {
      // when
      assertThat(callee.self().port()).isEqualTo(port);
      List<CompletableFuture<ByteBuffer>> answers = new ArrayList<>();
      for (int i = 0; i <= PeerService.MAX_IN_FLIGHT; i++) {
        answers.add(call("x"));
      }

      // then
      TestNodes.await(
          "a refusal",
          () -> answers.stream().anyMatch(CompletableFuture::isCompletedExceptionally));
      end.complete(ByteBuffer.allocate(0));
      int refused = 0;
      for (CompletableFuture<ByteBuffer> answer : answers) {
        try {
          await(answer);
        } catch (ExecutionException e) {
          refused++;
          assertThat(e).hasMessageContaining("are being handled");
        }
      }
      assertThat(refused).isOne();
    }
  }

  @Test
  void shouldSayAtOnceThatNobodyListens() {
    assertThatThrownBy(() -> await(call("hello")))
        .hasCauseInstanceOf(PeerException.Unreachable.class)
        .hasMessageContaining("127.0.0.1:" + port);
  }

  @Test
  void shouldReachANodeThatComesBackWithTheFirstCall() throws Exception {
    // given a peer that was missed so often that gRPC would not look for it for a long time
    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(() -> await(call("hello")))
          .hasCauseInstanceOf(PeerException.Unreachable.class);
    }

    // when it comes, goes, and comes again
    for (int i = 0; i < 2; i++) {
      try (RaftNode callee = callee(PeersTest::echo)) {
        // then
        assertThat(callee.self().port()).isEqualTo(port);
        assertThat(text(call("hello"))).isEqualTo("hello");
      }
      assertThatThrownBy(() -> await(call("hello")))
          .hasCauseInstanceOf(PeerException.Unreachable.class);
    }
  }

  @Test
  void shouldPassOnWhyAHandlerFailed() throws Exception {
    PeerRequestHandler handler =
        request -> {
          if (request.hasRemaining()) {
            throw new IllegalArgumentException("no such question");
          }
          return CompletableFuture.failedFuture(new IOException("no disk " + "x".repeat(5000)));
        };
    try (RaftNode callee = callee(handler)) {
      assertThat(callee.self().port()).isEqualTo(port);
      assertThatThrownBy(() -> await(call("hello")))
          .hasCauseInstanceOf(PeerException.Failed.class)
          .hasMessageEndingWith("no such question");
      assertThatThrownBy(() -> await(call("")))
          .hasCauseInstanceOf(PeerException.Failed.class)
          .hasMessageContaining("no disk xxx");
    }
  }

  @Test
  void shouldFailWhereNoRequestsAreServed() throws Exception {
    try (RaftNode callee =
        TestNodes.start(TestNodes.config(directory.resolve("callee"), 2, port, "mmap"))) {
      assertThat(callee.self().port()).isEqualTo(port);
      assertThatThrownBy(() -> await(call("hello")))
          .hasCauseInstanceOf(PeerException.Failed.class)
          .hasMessageContaining("answers no requests");
    }
  }

  @Test
  void shouldGiveUpAtTheTimeout() throws Exception {
    try (RaftNode callee = callee(request -> new CompletableFuture<>())) {
      assertThat(callee.self().port()).isEqualTo(port);
      assertThatThrownBy(() -> await(call(ByteBuffer.allocate(1), Duration.ofMillis(50))))
          .hasCauseInstanceOf(PeerException.TimedOut.class);
    }
  }

  @Test
  void shouldRefuseWhatIsLargerThanAnEntry() throws Exception {
    PeerRequestHandler handler =
        request ->
            CompletableFuture.completedFuture(
                ByteBuffer.allocate(TestNodes.MAX_ENTRY_BYTES + request.remaining()));
    try (RaftNode callee = callee(handler)) {
      assertThat(callee.self().port()).isEqualTo(port);
      assertThat(await(call("")).remaining()).isEqualTo(TestNodes.MAX_ENTRY_BYTES);
      assertThatThrownBy(() -> await(call("x")))
          .hasCauseInstanceOf(PeerException.TooLarge.class)
          .hasMessageContaining("answer of");
      ByteBuffer large = ByteBuffer.allocate(TestNodes.MAX_ENTRY_BYTES + 1);
      assertThatThrownBy(() -> await(call(large, LONG)))
          .hasCauseInstanceOf(PeerException.TooLarge.class)
          .hasMessageContaining("request of");
    }
  }

  @Test
  void shouldFailCallsThatWaitWhenEitherNodeCloses() throws Exception {
    // given
    CountDownLatch asked = new CountDownLatch(1);
    PeerRequestHandler handler =
        request -> {
          asked.countDown();
          return new CompletableFuture<>();
        };
    RaftNode callee = callee(handler);
    CompletableFuture<ByteBuffer> pending = call("hello");
    awaitQuietly(asked);

    // when
    callee.close();

    // then
    assertThatThrownBy(() -> await(pending)).hasCauseInstanceOf(PeerException.Unreachable.class);

    // when
    try (RaftNode again = callee(request -> new CompletableFuture<>())) {
      assertThat(again.self().port()).isEqualTo(port);
      CompletableFuture<ByteBuffer> second = call("hello");
      caller.close();

      // then
      assertThatThrownBy(() -> await(second)).hasCauseInstanceOf(PeerException.Unreachable.class);
      assertThatThrownBy(() -> await(call("late")))
          .hasCauseInstanceOf(PeerException.Unreachable.class);
    }
  }
}
