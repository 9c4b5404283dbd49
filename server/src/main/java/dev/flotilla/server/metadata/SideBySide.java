package dev.flotilla.server.metadata;

import java.util.Collection;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does the same to several replicas at a time, each on a virtual thread of its own. */
final class SideBySide {

  private static final Logger LOG = LoggerFactory.getLogger(SideBySide.class);
  private static final int MOST = 16;

  private SideBySide() {}

  /** Returns, when all have ended, whether all succeeded. An {@link Error} is thrown on. */
  static boolean run(Collection<Replica> replicas, Consumer<Replica> step) {
    var permits = new Semaphore(MOST);
    var failed = new ConcurrentHashMap<Replica, Throwable>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var replica : replicas) {
        threads.execute(() -> {
          permits.acquireUninterruptibly();
          try {
            step.accept(replica);
          } catch (RuntimeException | Error e) {
            failed.put(replica, e);
          } finally {
            permits.release();
          }
        });
      }
    }
    failed.forEach((replica, failure) -> {
      if (failure instanceof Error error) {
        throw error;
      }
      LOG.error("{} does not follow the metadata; trying again", replica, failure);
    });
    return failed.isEmpty();
  }
}
