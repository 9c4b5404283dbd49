package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.raft.Voter;
import dev.flotilla.server.metadata.Reconciler;
import dev.flotilla.server.metadata.Replica;
import dev.flotilla.server.metadata.ReplicaLifecycle;
import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.SingleNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FirstLeadersTest {

  private static final Duration AT_ONCE = Duration.ofMillis(1);

  @TempDir Path directory;

  @Test
  void shouldWaitAsLongAsReplicasAreMovedToAnotherEngine() throws Exception {
    // given replicas that are not open for a long time
    CountDownLatch open = new CountDownLatch(1);
    AtomicInteger asked = new AtomicInteger();
    try (SingleNode node = new SingleNode();
        Reconciler reconciler = reconciler(node, open)) {
      FirstLeaders leaders =
          new FirstLeaders(
              SingleNode.NODE_ID,
              node.metadata(),
              reconciler,
              () -> {
                asked.incrementAndGet();
                return open.getCount() > 0;
              });
      Thread starting = Thread.ofPlatform().start(() -> await(leaders));

      // when it would have given up a hundred times
      Await.until(() -> asked.get() >= 100);
      assertThat(starting.isAlive()).isTrue();

      // then it goes on when they are open
      open.countDown();
      starting.join();
    }
  }

  @Test
  void shouldNotWaitForReplicasThatAreLateForAnotherReason() throws Exception {
    CountDownLatch open = new CountDownLatch(1);
    try (SingleNode node = new SingleNode();
        Reconciler reconciler = reconciler(node, open)) {
      await(new FirstLeaders(SingleNode.NODE_ID, node.metadata(), reconciler, () -> false));

      assertThat(reconciler.opened()).isNotDone();
      open.countDown();
    }
  }

  private static void await(FirstLeaders leaders) {
    try {
      leaders.await(AT_ONCE);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private Reconciler reconciler(SingleNode node, CountDownLatch open) {
    return new Reconciler(
        node.metadata(),
        SingleNode.NODE_ID,
        Uuid.randomUuid(),
        directory.resolve("replicas"),
        new Late(open));
  }

  /** Has no replicas, and takes its time to say so. */
  private record Late(CountDownLatch latch) implements ReplicaLifecycle {

    @Override
    public Set<UUID> stored() {
      return Set.of();
    }

    @Override
    public Set<UUID> running() {
      try {
        latch.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return Set.of();
    }

    @Override
    public void create(Replica replica, List<Voter> voters) {}

    @Override
    public void createEmpty(Replica replica, List<Integer> nodes) {}

    @Override
    public void open(Replica replica, List<Integer> nodes) {}

    @Override
    public Map<UUID, String> damaged() {
      return Map.of();
    }

    @Override
    public void onDamage(Runnable news) {}

    @Override
    public void close(Replica replica) {}

    @Override
    public void delete(Replica replica) {}
  }
}
