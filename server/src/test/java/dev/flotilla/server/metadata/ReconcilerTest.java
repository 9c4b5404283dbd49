package dev.flotilla.server.metadata;

import static dev.flotilla.server.testing.SingleNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.metadata.Failpoints.Step;
import dev.flotilla.server.testing.InMemoryCommandLog;
import dev.flotilla.server.testing.SingleNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReconcilerTest {

  /** What a failpoint does: the process ends here. */
  private static final class Crash extends Error {
    private static final long serialVersionUID = 1;
  }

  @TempDir Path directory = Path.of("");

  private final InMemoryCommandLog.Stored stored = new InMemoryCommandLog.Stored();
  private SingleNode node = new SingleNode(stored, Map.of());
  private FakeReplicas replicas = new FakeReplicas();
  private @Nullable Reconciler reconciler;

  @BeforeEach
  void start() {
    start(Failpoints.NONE);
  }

  private void start(Failpoints failpoints) {
    reconciler =
        new Reconciler(
            node.metadata(),
            SingleNode.NODE_ID,
            SingleNode.DIRECTORY,
            ledger(),
            replicas,
            failpoints);
  }

  @AfterEach
  void stop() {
    if (reconciler != null) {
      reconciler.close();
    }
    node.close();
  }

  /** Everything but the disk is gone. */
  private void restart(Failpoints failpoints) {
    stop();
    node = new SingleNode(stored, Map.of());
    replicas = replicas.restarted();
    start(failpoints);
  }

  private Path ledger() {
    return directory.resolve("replicas");
  }

  private Uuid create(String name) {
    return await(node.topicCreation().createByMention(name)).id();
  }

  /** A topic of the node's default of three partitions. */
  private static Set<UUID> groupsOf(Uuid id) {
    return IntStream.range(0, 3)
        .mapToObj(partition -> Replica.groupOf(id, partition))
        .collect(Collectors.toSet());
  }

  private static void eventually(BooleanSupplier condition) {
    var deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      LockSupport.parkNanos(1_000_000);
    }
  }

  private void eventuallyRuns(Set<UUID> groups) {
    eventually(() ->
        replicas.running().equals(groups)
            && replicas.stored().equals(groups)
            && ReplicaLedger.open(ledger()).entries().stream()
                .filter(ReplicaLedger.Entry::created)
                .map(entry -> entry.replica().group())
                .collect(Collectors.toSet())
                .equals(groups));
  }

  @Test
  void shouldFollowTopicsThatComeAndGo() {
    var orders = create("orders");
    eventuallyRuns(groupsOf(orders));
    var events = create("events");
    await(node.topicDeletion().delete(orders));
    eventuallyRuns(groupsOf(events));

    restart(Failpoints.NONE);

    eventuallyRuns(groupsOf(events));
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"CREATION_RECORDED", "REPLICA_CREATED", "CREATION_FINISHED"})
  void shouldFinishACreationThatACrashInterrupted(Step step) throws InterruptedException {
    var crashed = new CountDownLatch(1);
    restart(crashAt(step, crashed));
    var orders = create("orders");
    assertThat(crashed.await(20, TimeUnit.SECONDS)).isTrue();

    restart(Failpoints.NONE);

    eventuallyRuns(groupsOf(orders));
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"DELETION_DECIDED", "REPLICA_DELETED", "DELETION_FINISHED"})
  void shouldFinishADeletionThatACrashInterrupted(Step step) throws InterruptedException {
    var orders = create("orders");
    var events = create("events");
    var both = groupsOf(orders);
    both.addAll(groupsOf(events));
    eventuallyRuns(both);
    var crashed = new CountDownLatch(1);
    restart(crashAt(step, crashed));
    await(node.topicDeletion().delete(orders));
    assertThat(crashed.await(20, TimeUnit.SECONDS)).isTrue();

    restart(Failpoints.NONE);

    eventuallyRuns(groupsOf(events));
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"CREATION_RECORDED", "REPLICA_CREATED", "CREATION_FINISHED"})
  void shouldForgetATopicThatIsDeletedAfterItsCreationWasInterrupted(Step step)
      throws InterruptedException {
    var crashed = new CountDownLatch(1);
    restart(crashAt(step, crashed));
    var orders = create("orders");
    assertThat(crashed.await(20, TimeUnit.SECONDS)).isTrue();
    await(node.topicDeletion().delete(orders));

    restart(Failpoints.NONE);

    eventuallyRuns(Set.of());
  }

  private static Failpoints crashAt(Step crash, CountDownLatch crashed) {
    return step -> {
      if (step == crash) {
        crashed.countDown();
        throw new Crash();
      }
    };
  }

  @Test
  void shouldNotTouchStoresUnderAnImageOlderThanTheirCreation() {
    var orders = create("orders");
    var events = create("events");
    var both = groupsOf(orders);
    both.addAll(groupsOf(events));
    eventuallyRuns(both);
    stop();

    // The node boots with metadata from before the topics; another topic makes it look.
    node = new SingleNode(new InMemoryCommandLog.Stored(), Map.of());
    replicas = replicas.restarted();
    create("other");
    assertThat(node.metadata().image().provenance().lastContainedOffset())
        .isLessThan(ReplicaLedger.open(ledger()).imageIndex());
    start(Failpoints.NONE);
    eventually(() -> replicas.looks() > 0);
    if (reconciler != null) {
      // Ends after the pass that has begun.
      reconciler.close();
    }

    assertThat(replicas.stored()).isEqualTo(both);
    assertThat(replicas.running()).isEmpty();
  }

  @Test
  void shouldQuarantineADamagedReplicaAndRunTheOthers() {
    var orders = create("orders");
    eventuallyRuns(groupsOf(orders));
    stop();
    var damaged = Replica.groupOf(orders, 1);
    node = new SingleNode(stored, Map.of());
    replicas = replicas.restarted();
    replicas.damage(damaged);

    start(Failpoints.NONE);

    eventually(() -> replicas.running().size() == 2);
    eventually(() -> reconciler != null && reconciler.quarantined().containsKey(damaged));
    assertThat(replicas.stored()).contains(damaged);
  }

  @Test
  void shouldSayThatItHasOpenedAllWhenItKnowsWhatItCannotOpen() {
    var orders = create("orders");
    eventuallyRuns(groupsOf(orders));
    var damaged = Replica.groupOf(orders, 1);
    var lost = Replica.groupOf(orders, 2);
    replicas.lose(lost);
    stop();
    node = new SingleNode(stored, Map.of());
    replicas = replicas.restarted();
    replicas.damage(damaged);

    start(Failpoints.NONE);

    var started = Optional.ofNullable(reconciler).orElseThrow();
    started.opened().orTimeout(60, TimeUnit.SECONDS).join();
    assertThat(started.quarantined()).containsOnlyKeys(damaged, lost);
    assertThat(replicas.running()).containsExactly(Replica.groupOf(orders, 0));
  }

  @Test
  void shouldNotMakeALostReplicaAnew() {
    var orders = create("orders");
    eventuallyRuns(groupsOf(orders));
    var lost = Replica.groupOf(orders, 0);
    replicas.lose(lost);

    restart(Failpoints.NONE);

    eventually(() -> reconciler != null && reconciler.quarantined().containsKey(lost));
    assertThat(replicas.stored()).doesNotContain(lost);
    eventually(() -> replicas.running().size() == 2);
  }

  @Test
  void shouldTryAgainWhatFailed() {
    var failing = replicas;
    node.metadata()
        .addPublisher((delta, image) -> {
          if (delta.topicsDelta() != null) {
            delta
                .topicsDelta()
                .createdTopicIds()
                .forEach(created -> failing.failOnce(Replica.groupOf(created, 2)));
          }
        });
    var orders = create("orders");

    eventuallyRuns(groupsOf(orders));
  }

  @Test
  void shouldTakeOverWhatIsStoredWhenTheLedgerIsDamaged() throws IOException {
    var orders = create("orders");
    eventuallyRuns(groupsOf(orders));
    stop();
    damageLedger();

    node = new SingleNode(stored, Map.of());
    replicas = replicas.restarted();
    start(Failpoints.NONE);

    eventuallyRuns(groupsOf(orders));
  }

  @Test
  void shouldNotMakeALostReplicaAnewWhenTheLedgerIsDamagedToo() throws IOException {
    var orders = create("orders");
    eventuallyRuns(groupsOf(orders));
    stop();
    damageLedger();

    shouldQuarantineOneOf(orders);
  }

  @Test
  void shouldNotMakeALostReplicaAnewWhenTheLedgerIsGoneToo() throws IOException {
    var orders = create("orders");
    eventuallyRuns(groupsOf(orders));
    stop();
    Files.delete(ledger());

    shouldQuarantineOneOf(orders);
  }

  @Test
  void shouldNotForgetThatTheLedgerWasDamagedWhenItEndsBeforeTheNextIsWritten() throws IOException {
    var orders = create("orders");
    eventuallyRuns(groupsOf(orders));
    stop();
    damageLedger();
    assertThat(ReplicaLedger.open(ledger()).entries()).isEmpty();
    groupsOf(orders).forEach(replicas::lose);

    node = new SingleNode(stored, Map.of());
    replicas = replicas.restarted();
    start(Failpoints.NONE);

    eventually(
        () -> reconciler != null && reconciler.quarantined().keySet().equals(groupsOf(orders)));
    assertThat(replicas.stored()).isEmpty();
  }

  /** The node starts without the store of one; what comes later is made as ever. */
  private void shouldQuarantineOneOf(Uuid topic) {
    var lost = Replica.groupOf(topic, 0);
    replicas.lose(lost);
    for (int starts = 0; starts < 2; starts++) {
      node = new SingleNode(stored, Map.of());
      replicas = replicas.restarted();
      start(Failpoints.NONE);

      eventually(() -> reconciler != null && reconciler.quarantined().containsKey(lost));
      eventually(() -> replicas.running().size() == 2);
      assertThat(replicas.stored()).doesNotContain(lost);
      stop();
    }

    node = new SingleNode(stored, Map.of());
    replicas = replicas.restarted();
    start(Failpoints.NONE);
    var events = create("events");
    eventually(() -> replicas.running().containsAll(groupsOf(events)));
    assertThat(replicas.stored()).doesNotContain(lost);
  }

  private void damageLedger() throws IOException {
    var bytes = Files.readAllBytes(ledger());
    bytes[bytes.length - 1] ^= 1;
    Files.write(ledger(), bytes);
  }
}
