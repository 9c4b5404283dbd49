package dev.flotilla.raft;

import dev.flotilla.proto.Checkpoint;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.ratis.server.protocol.TermIndex;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drops the entries that a replica needs no more: those below the start of a partition's log, and
 * those of a log of commands that its checkpoints cover. What is dropped was covered by a durable
 * checkpoint before; where dropping fails the entries stay until the next time.
 */
final class LogTrim {

  private static final Logger LOG = LoggerFactory.getLogger(LogTrim.class);

  private final String name;
  private final LogMemory memory;
  private final Supplier<CompletableFuture<Void>> checkpointed;

  /** The newest checkpoint but one, or what this replica began with. Touched by its writer only. */
  private Checkpoint older = Checkpoint.newBuilder().setIndex(-1).build();

  /**
   * Of one log.
   *
   * @param checkpointed asks for a checkpoint; complete when it is durable
   */
  LogTrim(String name, LogMemory memory, Supplier<CompletableFuture<Void>> checkpointed) {
    this.name = name;
    this.memory = memory;
    this.checkpointed = checkpointed;
  }

  /** The replicated log start moved: remembered at once, dropped from the disk when it is safe. */
  void moveStart(LogStart start) {
    if (start.index() <= memory.start().index() && start.offset() <= memory.start().offset()) {
      return;
    }
    memory.moveStart(start);
    var _ =
        checkpointed
            .get()
            .thenRun(this::dropBelowStart)
            .exceptionally(e -> {
              LOG.warn("{}: entries below {} stay until the next move", name, start.index(), e);
              return null;
            });
  }

  /**
   * A checkpoint of a log of commands became durable. Drops the commands that both stored
   * checkpoints cover, so that the loss of one of them loses nothing.
   */
  void commandsCovered(Checkpoint checkpoint) {
    long index = Math.min(older.getIndex(), memory.tail().lastIndex() - 1);
    older = checkpoint;
    TermIndex last = memory.termIndex(index);
    if (last == null || index < memory.start().index()) {
      return;
    }
    memory.moveStart(new LogStart(index + 1, last.getTerm(), 0));
    dropBelowStart();
  }

  private void dropBelowStart() {
    LogStart start = memory.start();
    var _ =
        memory
            .dropPrefix(memory.baseBefore(start))
            .exceptionally(e -> {
              LOG.warn("{}: entries below {} were not dropped", name, start.index(), e);
              return null;
            });
  }
}
