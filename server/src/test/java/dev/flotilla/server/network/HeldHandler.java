package dev.flotilla.server.network;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/** Handles requests when the test says so, in whatever order it likes. */
final class HeldHandler implements RequestHandler {

  private final ApiKeys api;
  private final boolean overlaps;
  final List<Held> held = new CopyOnWriteArrayList<>();
  private volatile @Nullable Answer atOnce;

  HeldHandler(ApiKeys api, boolean overlaps) {
    this.api = api;
    this.overlaps = overlaps;
  }

  @Override
  public ApiKeys api() {
    return api;
  }

  @Override
  public boolean overlaps() {
    return overlaps;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    var future = new CompletableFuture<Answer>();
    var answer = atOnce;
    if (answer != null) {
      future.complete(answer);
    }
    held.add(new Held(request, future));
    return future;
  }

  /** From now on every request is answered at once. */
  void answerAll(Answer answer) {
    atOnce = answer;
  }

  Held awaitHeld(int index) {
    ServerUnderTest.await(api + " number " + index, () -> held.size() > index);
    return held.get(index);
  }

  /** A request that waits for its answer. */
  record Held(Request request, CompletableFuture<Answer> future) {

    void answer(Answer answer) {
      future.complete(answer);
    }
  }
}
