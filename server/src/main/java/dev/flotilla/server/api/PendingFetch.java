package dev.flotilla.server.api;

import dev.flotilla.server.network.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A fetch that waits for records, on no thread. Whatever may end the wait wakes it; it then looks,
 * on a reader thread and one at a time, whether there are enough bytes by now.
 */
final class PendingFetch {

  private final Fetch fetch;
  private final List<FetchProgress> progress;
  private final Executor readers;
  private final CompletableFuture<Answer> answer = new CompletableFuture<>();

  /** Wake-ups that were not looked at; whoever raises it from 0 has a reader thread look. */
  private final AtomicInteger wakeUps = new AtomicInteger();

  /** Written by any thread, read by the looking one: it is answered with what is there. */
  private volatile boolean timeOver;

  /**
   * A fetch whose first pass found too little.
   *
   * @param first that pass; it stays the caller's
   */
  PendingFetch(Fetch fetch, FetchPass first, PartitionRequests shared) {
    this.fetch = fetch;
    this.readers = shared.readers();
    List<FetchProgress> seen = new ArrayList<>();
    for (int i = 0; i < first.outcomes().size(); i++) {
      if (first.outcomes().get(i) instanceof FetchOutcome.Records records) {
        int maxBytes = fetch.targets().get(i).maxBytes();
        seen.add(new FetchProgress(shared.partitions(), records, maxBytes));
      }
    }
    this.progress = List.copyOf(seen);
  }

  CompletableFuture<Answer> answer() {
    return answer;
  }

  List<FetchProgress> progress() {
    return progress;
  }

  /** Whether anything has happened since the pass that it goes on from. */
  boolean changed() {
    return progress.stream().anyMatch(FetchProgress::changed);
  }

  /** Ends the wait: it is answered with what there is. */
  void endWait() {
    timeOver = true;
    wake();
  }

  /** Has a reader thread look. Never blocks. */
  void wake() {
    if (answer.isDone() || wakeUps.getAndIncrement() > 0) {
      return;
    }
    try {
      readers.execute(this::look);
    } catch (RejectedExecutionException e) {
      answer.completeExceptionally(e);
    }
  }

  private void look() {
    int heard;
    do {
      heard = wakeUps.get();
      try {
        if (timeOver || enough()) {
          answerNow();
          return;
        }
      } catch (RuntimeException | Error e) {
        answer.completeExceptionally(e);
        return;
      }
    } while (!wakeUps.compareAndSet(heard, 0));
  }

  private boolean enough() {
    long bytes = 0;
    for (FetchProgress partition : progress) {
      if (partition.ended()) {
        return true;
      }
      bytes += partition.bytes();
    }
    return bytes >= fetch.minBytes();
  }

  private void answerNow() {
    FetchPass pass = fetch.read();
    if (!answer.complete(fetch.answer(pass))) {
      pass.close();
    }
  }
}
