package dev.flotilla.storage.mmap;

import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Holds syncs back between {@link #close} and {@link #open}. Open at first. */
final class Gate implements WatchedChannel.Watcher {

  private static final int TIMEOUT_SECONDS = 60;

  private volatile CountDownLatch opened = new CountDownLatch(0);
  private volatile CountDownLatch reached = new CountDownLatch(0);

  /** Holds back syncs from now on, for {@link #awaitHeld} until there are so many. */
  void close(int held) {
    reached = new CountDownLatch(held);
    opened = new CountDownLatch(1);
  }

  void open() {
    opened.countDown();
  }

  /** Waits until as many syncs are held back as {@link #close} was told. */
  void awaitHeld() throws InterruptedException {
    if (!reached.await(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("nothing was synced");
    }
  }

  @Override
  public void syncing() throws IOException {
    reached.countDown();
    try {
      if (!opened.await(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException("held back for too long");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while it synced", e);
    }
  }

  /** Waits until a thread waits for something, or has ended. */
  static void awaitStill(Thread thread) {
    while (switch (thread.getState()) {
      case WAITING, TIMED_WAITING, BLOCKED, TERMINATED -> false;
      default -> true;
    }) {
      Thread.onSpinWait();
    }
  }

  /** Waits until a thread waits in a class of this package, or has ended. */
  static void awaitWaitingIn(Thread thread, Class<?> place) {
    while (thread.isAlive()
        && !(thread.getState() == Thread.State.WAITING
            && Arrays.stream(thread.getStackTrace())
                .anyMatch(frame -> frame.getClassName().equals(place.getName())))) {
      Thread.onSpinWait();
    }
  }
}
