package dev.flotilla.server.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.ReplicaListener;
import dev.flotilla.server.testing.InMemoryReplicatedLog;
import dev.flotilla.server.testing.StatelessPartition;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.coordinator.common.runtime.PartitionWriter;
import org.junit.jupiter.api.Test;

final class OffsetsPartitionTest {

  private final List<String> told = new ArrayList<>();
  private final List<Long> commits = new ArrayList<>();
  private final InMemoryReplicatedLog log =
      new InMemoryReplicatedLog("log", new StatelessPartition(), new Silent(), Clock.systemUTC());
  private final OffsetsPartition partition =
      new OffsetsPartition(GroupsFixture.offsetsPartition(0), tp -> log, new Recording());
  private final PartitionWriter.Listener listener = (tp, offset) -> commits.add(offset);

  private final class Recording implements Elections {
    @Override
    public void elect(int partition, int term) {
      told.add("elect " + term);
    }

    @Override
    public void resign(int partition) {
      told.add("resign");
    }
  }

  private static final class Silent implements ReplicaListener {
    @Override
    public void leadershipChanged(Leadership leadership) {}

    @Override
    public void highWatermarkChanged(long highWatermark) {}
  }

  private void lead(int term) {
    log.leadReady(term);
    partition.leadershipChanged(new Leadership.Ready(term));
  }

  private void follow(int term) {
    var following = new Leadership.Following(term, Optional.empty());
    log.become(following);
    partition.leadershipChanged(following);
  }

  /** Loads as the runtime does, and puts the state machine to work. */
  private Tenure load(PartitionWriter.Listener to) {
    Tenure tenure = partition.beginLoad().orElseThrow();
    partition.completeLoad(tenure, log.highWatermark(), () -> told.add("loaded"));
    partition.register(to);
    return tenure;
  }

  private static CoordinatorBatch batch(int records) {
    SimpleRecord[] made = new SimpleRecord[records];
    for (int i = 0; i < records; i++) {
      made[i] = new SimpleRecord(i, ("value-" + i).getBytes(StandardCharsets.UTF_8));
    }
    return CoordinatorBatch.copyOf(MemoryRecords.withRecords(Compression.NONE, made));
  }

  @Test
  void shouldResignBeforeItElectsAgain() {
    lead(1);
    partition.leadershipChanged(new Leadership.Ready(3));

    assertThat(told).containsExactly("elect 1", "resign", "elect 3");
  }

  @Test
  void shouldSayNothingWhenWhatItHearsIsNoChange() {
    follow(1);
    lead(2);
    partition.leadershipChanged(new Leadership.Ready(2));
    follow(3);
    follow(4);

    assertThat(told).containsExactly("elect 2", "resign");
  }

  @Test
  void shouldPredictTheEndAndTellOfTheCommit() {
    lead(1);
    load(listener);
    log.closeGate();

    assertThat(partition.append(batch(3))).isEqualTo(3);
    assertThat(partition.append(batch(2))).isEqualTo(5);
    assertThat(commits).isEmpty();

    log.openGate();
    assertThat(commits).containsExactly(3L, 5L);
  }

  @Test
  void shouldRefuseWritesBeforeTheLoadIsDone() {
    lead(1);

    assertThatThrownBy(() -> partition.append(batch(1)))
        .isInstanceOf(NotLeaderOrFollowerException.class);
    assertThat(log.logEndOffset()).isZero();
  }

  @Test
  void shouldRefuseWritesOfAStateMachineOfAnEarlierTenureThoughItLeadsAgain() {
    lead(1);
    load(listener);
    follow(2);
    lead(3);

    assertThatThrownBy(() -> partition.append(batch(1)))
        .isInstanceOf(NotLeaderOrFollowerException.class);
    assertThat(log.logEndOffset()).isZero();
  }

  @Test
  void shouldNeverCompleteALoadThatWasOvertaken() {
    lead(1);
    Tenure first = partition.beginLoad().orElseThrow();
    follow(2);
    lead(3);

    partition.completeLoad(first, 0, () -> told.add("loaded"));
    partition.failLoad(first, () -> told.add("failed"));

    assertThat(told).doesNotContain("loaded", "failed");
  }

  @Test
  void shouldGiveALoadTheTenureOfItsElectionThoughTheNextHasBegun() {
    lead(1);
    follow(2);
    lead(3);

    Tenure first = partition.beginLoad().orElseThrow();
    Tenure second = partition.beginLoad().orElseThrow();

    assertThat(first.term()).isEqualTo(1);
    assertThat(partition.isCurrent(first)).isFalse();
    assertThat(second.term()).isEqualTo(3);
    assertThat(partition.isCurrent(second)).isTrue();
  }

  @Test
  void shouldTellAnEarlierTenuresListenerNothing() {
    lead(1);
    load(listener);
    log.closeGate();
    partition.append(batch(1));
    partition.leadershipChanged(new Leadership.Following(2, Optional.empty()));

    log.openGate();

    assertThat(log.highWatermark()).isEqualTo(1);
    assertThat(commits).isEmpty();
  }

  @Test
  void shouldNotLoadBeforeWhatWasWrittenHereIsSettled() {
    lead(1);
    Tenure first = load(listener);
    log.closeGate();
    partition.append(batch(1));
    partition.restart(first);
    Tenure second = partition.beginLoad().orElseThrow();

    assertThat(partition.isSettled(second, log)).isFalse();

    log.openGate();
    assertThat(partition.isSettled(second, log)).isTrue();
  }

  @Test
  void shouldNotLoadInATermThatIsOver() {
    lead(1);
    Tenure tenure = partition.beginLoad().orElseThrow();
    log.leadReady(2);

    assertThat(partition.isSettled(tenure, log)).isFalse();
  }

  @Test
  void shouldResignAndElectInTheSameTermWhenABatchIsNotWhereItWasPredicted() {
    lead(1);
    load(listener);
    log.append(batch(4)).future().join();

    assertThatThrownBy(() -> partition.append(batch(1)))
        .isInstanceOf(NotLeaderOrFollowerException.class);

    assertThat(told).containsExactly("elect 1", "loaded", "resign", "elect 1");
    assertThat(commits).isEmpty();
  }

  @Test
  void shouldResignWhenTheReplicaIsRemoved() {
    lead(1);
    load(listener);

    partition.removed();

    assertThat(told).containsExactly("elect 1", "loaded", "resign");
    assertThatThrownBy(() -> partition.append(batch(1)))
        .isInstanceOf(NotLeaderOrFollowerException.class);
  }
}
