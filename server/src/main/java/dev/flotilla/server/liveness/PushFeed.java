package dev.flotilla.server.liveness;

import dev.flotilla.server.liveness.LeadershipPush.Place;
import dev.flotilla.server.metadata.LeaderReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends one node what another leads, one message at a time: what changes while a message is on its
 * way goes with the next. What did not arrive is sent again, as it stands by then.
 */
final class PushFeed implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PushFeed.class);

  /** A message of so many stays below 200 KB. */
  private static final int MAX_REPORTS = 2_000;

  /** After a failure: the node may be gone, and is asked no more often than this. */
  private static final Duration PAUSE = Duration.ofMillis(500);

  private final LeadershipPush push;
  private final Function<List<LeaderReport>, CompletableFuture<?>> send;
  private final Duration repetition;
  private final LivenessMetrics metrics;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();

  // Guarded by the lock.
  private final Set<Place> unsent = new LinkedHashSet<>();
  private boolean everything = true;
  private boolean closed;

  PushFeed(
      LeadershipPush push,
      Function<List<LeaderReport>, CompletableFuture<?>> send,
      Duration repetition,
      LivenessMetrics metrics) {
    this.push = push;
    this.send = send;
    this.repetition = repetition;
    this.metrics = metrics;
    Thread.ofVirtual().name("leadership-push").start(this::run);
  }

  void changed(Place place) {
    lock.lock();
    try {
      unsent.add(place);
      news.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Sends all there is to say, and does not wait after a failure. */
  void everything() {
    lock.lock();
    try {
      everything = true;
      news.signal();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      var places = next();
      while (!places.isEmpty()) {
        if (!deliver(places)) {
          failed(places);
        }
        places = next();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for something to say. Empty only when it is closed. */
  private List<Place> next() throws InterruptedException {
    lock.lock();
    try {
      var wait = repetition.toNanos();
      while (unsent.isEmpty() && !closed) {
        if (everything) {
          everything = false;
          unsent.addAll(push.places());
        } else if (wait <= 0) {
          everything = true;
          wait = repetition.toNanos();
        } else {
          wait = news.awaitNanos(wait);
        }
      }
      if (everything) {
        everything = false;
        unsent.addAll(push.places());
      }
      if (closed) {
        return List.of();
      }
      var next = unsent.stream().limit(MAX_REPORTS).toList();
      next.forEach(unsent::remove);
      return next;
    } finally {
      lock.unlock();
    }
  }

  private boolean deliver(List<Place> places) throws InterruptedException {
    var reports = new ArrayList<LeaderReport>();
    for (var place : places) {
      var report = push.last(place);
      if (report != null) {
        reports.add(report);
      }
    }
    try {
      send.apply(reports).get();
      metrics.pushed();
      return true;
    } catch (ExecutionException | RuntimeException e) {
      metrics.pushFailed();
      LOG.debug("{} reports were not delivered", reports.size(), e);
      return false;
    }
  }

  private void failed(List<Place> places) throws InterruptedException {
    lock.lock();
    try {
      unsent.addAll(places);
      var wait = PAUSE.toNanos();
      while (wait > 0 && !everything && !closed) {
        wait = news.awaitNanos(wait);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Sends no more; a message on its way may still arrive. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
