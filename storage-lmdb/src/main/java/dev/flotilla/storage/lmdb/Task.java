package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.StorageException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Work that somebody waits for, done in one transaction. */
final class Task<T> implements Work {

  private final Function<Changes, T> body;
  private final CompletableFuture<T> done = new CompletableFuture<>();

  /** What the body has returned in the transaction at hand. */
  private @Nullable T result;

  private Task(Function<Changes, T> body) {
    this.body = body;
  }

  /**
   * Has changes made and returns when they are durable.
   *
   * @throws StorageException if they fail
   * @throws IllegalStateException on the commit thread, which completes the futures of writes: it
   *     would wait for itself
   */
  static void run(Commits commits, Consumer<Changes> body) {
    var _ =
        get(
            commits,
            changes -> {
              body.accept(changes);
              return Boolean.TRUE;
            });
  }

  /** The same, with what the body returns. */
  static <T> T get(Commits commits, Function<Changes, T> body) {
    if (commits.isCommitThread()) {
      throw new IllegalStateException("called while the future of a write is completed");
    }
    Task<T> task = new Task<>(body);
    commits.submit(task);
    try {
      return task.done.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StorageException failure
          ? failure
          : new StorageException("a transaction failed", e);
    }
  }

  @Override
  public void apply(Changes changes) {
    result = body.apply(changes);
  }

  @Override
  public void committed() {
    done.complete(result);
  }

  @Override
  public void failed(StorageException cause) {
    done.completeExceptionally(cause);
  }
}
