package dev.flotilla.server;

import dev.flotilla.server.config.ClusterNodes;
import dev.flotilla.server.forming.Enrollment;
import dev.flotilla.server.forming.Greetings;
import dev.flotilla.server.forming.RefusedStartException;
import dev.flotilla.server.forming.WaitingLine;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for what a node needs others for, and looks again and again who is there. */
final class ClusterWait {

  private static final long LOOK_EVERY_SECONDS = 1;

  private final Enrollment enrollment;
  private final ClusterNodes nodes;
  private final Greetings greetings;
  private final WaitingLine line;

  ClusterWait(Enrollment enrollment, ClusterNodes nodes, Greetings greetings, WaitingLine line) {
    this.enrollment = enrollment;
    this.nodes = nodes;
    this.greetings = greetings;
    this.line = line;
  }

  /**
   * Waits as long as it takes.
   *
   * @throws RefusedStartException if meanwhile it shows that this node must not start
   * @throws StartFailure if what it waits for fails
   */
  <T> T await(CompletableFuture<T> future)
      throws StartFailure, RefusedStartException, InterruptedException {
    while (true) {
      try {
        return future.get(LOOK_EVERY_SECONDS, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        look(future);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RefusedStartException refused) {
          throw refused;
        }
        throw new StartFailure(String.valueOf(e.getCause()), e);
      }
    }
  }

  private void look(CompletableFuture<?> future)
      throws RefusedStartException, InterruptedException {
    var asked = CompletableFuture.supplyAsync(greetings::ask, Thread::startVirtualThread);
    try {
      CompletableFuture.anyOf(future, asked).get();
    } catch (ExecutionException e) {
      return;
    }
    if (asked.isDone()) {
      line.waitsFor(enrollment.missing(nodes, asked.join()));
    }
  }
}
