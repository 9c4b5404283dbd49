package dev.flotilla.raft;

import java.util.concurrent.CompletableFuture;

/** Where built entries go: into Raft. */
@FunctionalInterface
interface EntrySink {

  /**
   * Hands an entry over to be appended. Called on a thread that may block for a moment, with no
   * lock held; never again before the entry is applied, leadership is lost, or the future fails
   * with {@link NotAppended}.
   *
   * <p>The future says nothing of success: an entry counts when it is applied. Where it fails with
   * {@link NotAppended} the entry is not in the log and never will be. Where it fails otherwise the
   * outcome is unknown, and the entry is waited for as long as this replica leads in its term: a
   * sink that knows of an entry that will not be applied, and cannot exclude that it is in the log,
   * must step down.
   */
  CompletableFuture<Void> submit(BuiltEntry entry);

  /** An entry is not in the log and never will be; its batches fail with the reason. */
  final class NotAppended extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final ReplicatedLogException reason;

    NotAppended(ReplicatedLogException reason) {
      super(reason.getMessage(), reason);
      this.reason = reason;
    }

    ReplicatedLogException reason() {
      return reason;
    }
  }
}
