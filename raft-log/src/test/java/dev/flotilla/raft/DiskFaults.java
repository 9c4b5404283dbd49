package dev.flotilla.raft;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What a test breaks of the disk below a node's logs, and what it sees being opened there. */
final class DiskFaults {

  /** How many openings fail from now on. */
  final AtomicInteger failingOpens = new AtomicInteger();

  /** How many resets fail from now on, having changed nothing. */
  final AtomicInteger failingResets = new AtomicInteger();

  /** How many writes reach the log from now on, and are reported as failed all the same. */
  final AtomicInteger doubtfulWrites = new AtomicInteger();

  /** What the next read of a single header throws. */
  final AtomicReference<@Nullable StorageException> nextHeader = new AtomicReference<>();

  /** Where logs were cut when they were opened. */
  final List<Long> cuts = new CopyOnWriteArrayList<>();

  StorageEngine below(StorageEngine engine) {
    return new FaultyEngine(engine);
  }

  private static boolean take(AtomicInteger count) {
    return count.getAndUpdate(n -> Math.max(0, n - 1)) > 0;
  }

  static CorruptLogException damage(LogId id, long index) {
    return new CorruptLogException(id + ": made for a test", index);
  }

  private LogStore below(LogStore log) {
    return (LogStore)
        Proxy.newProxyInstance(
            LogStore.class.getClassLoader(),
            new Class<?>[] {LogStore.class},
            (proxy, method, arguments) -> call(log, method, arguments));
  }

  private @Nullable Object call(LogStore log, Method method, Object @Nullable [] arguments)
      throws Throwable {
    if (method.getName().equals("reset") && take(failingResets)) {
      Object refused = CompletableFuture.failedFuture(new StorageException("no reset, as asked"));
      return refused;
    }
    if (method.getName().equals("reopenCutAt")) {
      checkOpens();
      cuts.add((Long) Objects.requireNonNull(arguments)[0]);
    }
    if (method.getName().equals("header")) {
      StorageException asked = nextHeader.getAndSet(null);
      if (asked != null) {
        throw asked;
      }
    }
    Object result;
    try {
      result = method.invoke(log, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
    if (result instanceof LogStore reopened) {
      result = below(reopened);
    }
    if (method.getName().equals("write") && take(doubtfulWrites)) {
      CompletableFuture<Void> failed = new CompletableFuture<>();
      var _ =
          ((CompletableFuture<?>) result)
              .whenComplete((done, e) ->
                  failed.completeExceptionally(new StorageException("no flush, as asked")));
      result = failed;
    }
    return result;
  }

  private void checkOpens() {
    if (take(failingOpens)) {
      throw new StorageException("not opened, as asked");
    }
  }

  private final class FaultyEngine implements StorageEngine {

    private final StorageEngine engine;

    FaultyEngine(StorageEngine engine) {
      this.engine = engine;
    }

    @Override
    public Set<LogId> logs() {
      return engine.logs();
    }

    @Override
    public LogStore create(LogId id, LogBase base) {
      return below(engine.create(id, base));
    }

    @Override
    public LogStore open(LogId id) {
      checkOpens();
      return below(engine.open(id));
    }

    @Override
    public LogStore openCutAt(LogId id, long endIndex) {
      checkOpens();
      cuts.add(endIndex);
      return below(engine.openCutAt(id, endIndex));
    }

    @Override
    public void delete(LogId id) {
      engine.delete(id);
    }

    @Override
    public void close() {
      engine.close();
    }
  }
}
