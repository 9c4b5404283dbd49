package dev.flotilla.server.metadata;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was begun and has not ended: one thing of each name at a time, and so many in all. Whatever
 * ends is news; what failed is news after a pause. Any thread may call; nothing blocks.
 */
public final class UnderWay {

  private static final Logger LOG = LoggerFactory.getLogger(UnderWay.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final int most;
  private final Runnable news;
  private final Set<String> names = ConcurrentHashMap.newKeySet();

  public UnderWay(int most, Runnable news) {
    this.most = most;
    this.news = news;
  }

  /**
   * Begins something, unless it is under way or enough is: then there will be news, and it may be
   * begun after that. To be called by one thread.
   *
   * @param name what it is, for the log too
   */
  public void begin(String name, Supplier<CompletableFuture<?>> what) {
    if (names.size() >= most || !names.add(name)) {
      return;
    }
    var _ =
        begun(what)
            .whenComplete((done, failure) -> {
              if (failure == null) {
                ended(name);
              } else {
                LOG.info("{}: tried again, {}", name, cause(failure));
                CompletableFuture.delayedExecutor(PAUSE.toMillis(), TimeUnit.MILLISECONDS)
                    .execute(() -> ended(name));
              }
            });
  }

  private static CompletableFuture<?> begun(Supplier<CompletableFuture<?>> what) {
    try {
      return what.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static Throwable cause(Throwable failure) {
    var cause = failure.getCause();
    return cause == null ? failure : cause;
  }

  private void ended(String name) {
    names.remove(name);
    news.run();
  }
}
