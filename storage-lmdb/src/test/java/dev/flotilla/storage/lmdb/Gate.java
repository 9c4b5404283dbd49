package dev.flotilla.storage.lmdb;

/** Holds commits back while it is closed. Open at first. */
final class Gate implements Device {

  private boolean closed;
  private boolean holding;
  private int commits;

  /** From now on no transaction is committed; one at a time is held. */
  synchronized void close() {
    closed = true;
  }

  synchronized void open() {
    closed = false;
    notifyAll();
  }

  /** How many transactions have passed. */
  synchronized int commits() {
    return commits;
  }

  /** Returns when a transaction is held. */
  synchronized void awaitHeld() throws InterruptedException {
    long deadline = System.nanoTime() + 60_000_000_000L;
    while (!holding) {
      long leftMs = (deadline - System.nanoTime()) / 1_000_000;
      if (leftMs <= 0) {
        throw new AssertionError("nothing is committed");
      }
      wait(leftMs);
    }
  }

  @Override
  public synchronized void committing() {
    holding = true;
    notifyAll();
    while (closed) {
      try {
        wait();
      } catch (InterruptedException e) {
        throw new AssertionError("the commit thread was interrupted", e);
      }
    }
    holding = false;
    commits++;
  }
}
