package dev.flotilla.server.metadata;

import static dev.flotilla.server.testing.SingleNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.metadata.ReplicaRebuild.Step;
import dev.flotilla.server.testing.Await;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A rebuild of a replica in whose middle the node crashes, or is struck by the next damage. */
@Timeout(120)
class InterruptedRebuildTest {

  private static final Uuid HERE = RebuildFixture.HERE;
  private static final Uuid ELSEWHERE = RebuildFixture.ELSEWHERE;

  /** What a failpoint does: the process ends here. */
  private static final class Crash extends Error {
    private static final long serialVersionUID = 1;
  }

  private RebuildFixture node;

  @BeforeEach
  void start(@TempDir Path directory) {
    node = new RebuildFixture(directory);
  }

  @AfterEach
  void stop() {
    node.close();
  }

  @ParameterizedTest
  @EnumSource(
      value = Failpoints.Step.class,
      names = {"REPLICA_WIPED", "EMPTY_CREATED", "EMPTY_RECORDED"})
  void shouldFinishAMakingAnewThatACrashInterrupted(Failpoints.Step step)
      throws InterruptedException {
    // given
    var crashed = new CountDownLatch(1);
    node.restart(
        HERE,
        reached -> {
          if (reached == step) {
            crashed.countDown();
            throw new Crash();
          }
        });
    Await.until(() -> node.replicas().running().contains(node.group()));
    node.replicas().findDamaged(node.group());
    node.remove(node.awaitStep(Step.QUARANTINED, HERE));
    assertThat(crashed.await(60, TimeUnit.SECONDS)).isTrue();
    node.stopReconciling();
    assertThat(node.rebuild().orElseThrow().step()).isEqualTo(Step.REMOVED);

    // when
    node.restart(HERE, Failpoints.NONE);

    // then
    var empty = node.awaitStep(Step.EMPTY, HERE);
    assertThat(node.replicas().empty()).contains(node.group());
    assertThat(node.replicas().running()).contains(node.group());
    node.add(empty);
    node.restart(HERE, Failpoints.NONE);
    Await.until(() -> node.replicas().running().contains(node.group()));
    assertThat(node.rebuild()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"QUARANTINED", "REMOVED"})
  void shouldNotOpenWhatWasClosedForGoodEvenIfItCouldBe(Step step) {
    // given: a replica whose files seem fine again, of which the leader may have said the last word
    node.replicas().findDamaged(node.group());
    var quarantined = node.awaitStep(Step.QUARANTINED, HERE);
    node.reboot();
    if (step == Step.REMOVED) {
      assertThat(await(node.rebuilds().removed(quarantined))).isInstanceOf(Outcome.Done.class);
    }

    // when
    node.reconcile(HERE, Failpoints.NONE);

    // then: it never runs with what it held
    if (step == Step.REMOVED) {
      node.awaitStep(Step.EMPTY, HERE);
      assertThat(node.replicas().empty()).contains(node.group());
    } else {
      Await.until(() -> node.quarantined().containsKey(node.group()));
      assertThat(node.rebuild()).contains(quarantined);
    }
    assertThat(node.replicas().opened()).doesNotContain(node.group());
  }

  @ParameterizedTest
  @EnumSource(Step.class)
  void shouldBeginAnewWhenASecondDiskIsLostInTheMiddle(Step step) {
    // given
    node.replicas().findDamaged(node.group());
    var rebuild = node.awaitStep(Step.QUARANTINED, HERE);
    if (step != Step.QUARANTINED) {
      rebuild = node.remove(rebuild);
      rebuild = node.awaitStep(Step.EMPTY, HERE);
    }
    if (step == Step.REMOVED) {
      // As if it had ended before that was known.
      node.replicas().findDamaged(node.group());
      rebuild = node.remove(node.awaitStep(Step.QUARANTINED, HERE));
    }

    // when
    node.restartOnAnEmptyDisk(ELSEWHERE);

    // then
    var anew = node.awaitStep(Step.QUARANTINED, ELSEWHERE);
    assertThat(anew.version()).isGreaterThan(rebuild.version());
    assertThat(await(node.rebuilds().added(rebuild))).isInstanceOf(Outcome.Conflict.class);
    node.remove(anew);
    node.awaitStep(Step.EMPTY, ELSEWHERE);
  }

  @Test
  void shouldBeginAnewWhenWhatWasMadeAnewIsDamaged() {
    node.replicas().findDamaged(node.group());
    node.remove(node.awaitStep(Step.QUARANTINED, HERE));
    var empty = node.awaitStep(Step.EMPTY, HERE);

    node.replicas().findDamaged(node.group());

    var anew = node.awaitStep(Step.QUARANTINED, HERE);
    assertThat(node.replicas().running()).doesNotContain(node.group());
    assertThat(await(node.rebuilds().added(empty))).isInstanceOf(Outcome.Conflict.class);
    node.remove(anew);
    node.awaitStep(Step.EMPTY, HERE);
  }

  @Test
  void shouldNotMakeAnewWhatIsLostBeforeItIsAdded() {
    node.replicas().findDamaged(node.group());
    node.remove(node.awaitStep(Step.QUARANTINED, HERE));
    var empty = node.awaitStep(Step.EMPTY, HERE);
    node.replicas().lose(node.group());

    node.restart(HERE, Failpoints.NONE);

    assertThat(node.awaitStep(Step.QUARANTINED, HERE).version()).isGreaterThan(empty.version());
    assertThat(node.replicas().stored()).isEmpty();
  }
}
