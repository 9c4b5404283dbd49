package dev.flotilla.server.testing;

import dev.flotilla.raft.CommandLog;
import dev.flotilla.raft.CommandLogListener;
import dev.flotilla.raft.CommandStateMachine;
import dev.flotilla.raft.Leadership;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * A group of one that commits at once and forgets nothing: {@link #open} on the same {@link Stored}
 * is a restart of the node.
 */
public final class InMemoryCommandLog implements CommandLog, AutoCloseable {

  /** What survives: the last snapshot and the commands behind it. */
  public static final class Stored {
    private long term;
    private long snapshotIndex;
    private @Nullable ByteBuffer snapshot;
    private final List<ByteBuffer> commands = new ArrayList<>();

    /** How many commands lie behind the last snapshot. */
    public synchronized int commandsKept() {
      return commands.size();
    }

    synchronized long lastIndex() {
      return snapshotIndex + commands.size();
    }
  }

  private final Stored stored;
  private final CommandStateMachine stateMachine;
  private final ExecutorService applier = Executors.newSingleThreadExecutor();
  private final Leadership leadership;

  private InMemoryCommandLog(
      Stored stored, CommandStateMachine stateMachine, CommandLogListener listener) {
    this.stored = stored;
    this.stateMachine = stateMachine;
    synchronized (stored) {
      this.leadership = new Leadership.Ready((int) ++stored.term);
      if (stored.snapshot != null) {
        stateMachine.restore(stored.snapshotIndex, stored.snapshot.duplicate());
      }
      var index = stored.snapshotIndex;
      for (var command : stored.commands) {
        stateMachine.apply(++index, stored.term, command.duplicate());
      }
    }
    applier.execute(() -> listener.leadershipChanged(leadership));
  }

  public static InMemoryCommandLog open(
      Stored stored, CommandStateMachine stateMachine, CommandLogListener listener) {
    return new InMemoryCommandLog(stored, stateMachine, listener);
  }

  @Override
  public Leadership leadership() {
    return leadership;
  }

  @Override
  public CompletableFuture<ByteBuffer> submit(ByteBuffer command) {
    return CompletableFuture.supplyAsync(
        () -> {
          synchronized (stored) {
            stored.commands.add(command);
            return stateMachine.apply(stored.lastIndex(), stored.term, command.duplicate());
          }
        },
        applier);
  }

  @Override
  public CompletableFuture<Long> snapshot() {
    return CompletableFuture.supplyAsync(
        () -> {
          synchronized (stored) {
            stored.snapshotIndex = stored.lastIndex();
            stored.snapshot = stateMachine.snapshot();
            stored.commands.clear();
            return stored.snapshotIndex;
          }
        },
        applier);
  }

  @Override
  public void close() {
    applier.close();
  }
}
