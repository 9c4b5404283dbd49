package dev.flotilla.raft;

import java.util.concurrent.CompletableFuture;

/**
 * A batch that waits in an {@link AppendQueue}.
 *
 * @param batch what is appended
 * @param reply how it is answered
 */
record QueuedBatch(AppendBatch batch, Reply reply) {

  /**
   * The promise to answer one batch, kept once. It outlives the batch's bytes, which are copied
   * when the entry is built.
   *
   * @param future what the caller waits for
   * @param heldBytes what the batch takes of the budget until it is answered
   * @param budget where they are given back
   */
  record Reply(CompletableFuture<Appended> future, int heldBytes, QueueBudget budget) {

    /** Answers; runs what the caller has attached to its future. */
    void complete(Appended appended) {
      budget.release(heldBytes);
      future.complete(appended);
    }

    /** Answers with a failure; runs what the caller has attached to its future. */
    void fail(ReplicatedLogException cause) {
      budget.release(heldBytes);
      future.completeExceptionally(cause);
    }
  }
}
