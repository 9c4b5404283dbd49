package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.TermStart;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.retry.RetryPolicy;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.impl.RaftLogInstaller;
import org.apache.ratis.util.TimeDuration;
import org.junit.jupiter.api.Test;

/** The small parts that the log is made of. */
class RaftLogPartsTest {

  @Test
  void shouldKnowTheTermOfEveryEntryAndOfTheOneBeforeTheFirst() {
    // given entries 10-14 of term 3, 15-19 of term 5, behind entry 9 of term 2
    TermRanges terms =
        TermRanges.of(
            new LogBase(9, 2, 0, 0), List.of(new TermStart(3, 10, 0), new TermStart(5, 15, 0)));

    // then
    assertThat(terms.termOf(9)).isEqualTo(2);
    assertThat(terms.termOf(14)).isEqualTo(3);
    assertThat(terms.termOf(15)).isEqualTo(5);
    assertThat(terms.truncated(15).with(15, 6).termOf(15)).isEqualTo(6);
    assertThat(terms.truncated(16).termOf(15)).isEqualTo(5);
    assertThat(terms.droppedTo(16).termOf(16)).isEqualTo(5);
    assertThatThrownBy(() -> terms.droppedTo(12).termOf(11))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> terms.with(20, 4)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void shouldTakeALaterFlushForAllEarlierOnes() {
    // given
    FlushTracker tracker = new FlushTracker(-1);
    FlushTracker.Write first = tracker.begin(0);
    FlushTracker.Write second = tracker.begin(1);
    CompletableFuture<Long> waiter = tracker.waitFor(0);

    // when
    tracker.finished(second).forEach(FlushTracker.Waiter::complete);

    // then
    assertThat(waiter).isCompletedWithValue(0L);
    assertThat(tracker.flushIndex()).isEqualTo(1);
    assertThat(tracker.finished(first)).isEmpty();
    assertThat(tracker.flushIndex()).isEqualTo(1);
  }

  @Test
  void shouldLendNoMoreThanTheBudgetUntilItIsGivenBack() {
    // given
    AtomicLong now = new AtomicLong();
    ColdReadBudget budget = new ColdReadBudget(600, Duration.ofNanos(50), now::get);
    for (int index = 1; index <= 5; index++) {
      assertThat(budget.tryAcquire("one", index, 100)).isTrue();
    }

    // then others get the rest
    assertThat(budget.tryAcquire("two", 1, 100)).isTrue();
    assertThat(budget.tryAcquire("two", 2, 100)).isFalse();
    // and what a follower has answered to have
    budget.answered("one", 2);
    assertThat(budget.leasedBytes()).isEqualTo(400);
    // and what an appender held that ended
    budget.ended("one");
    assertThat(budget.leasedBytes()).isEqualTo(100);
    // and all of it comes back in time
    assertThat(budget.tryAcquire("two", 2, 500)).isTrue();
    assertThat(budget.tryAcquire("one", 6, 100)).isFalse();
    now.set(50);
    assertThat(budget.tryAcquire("one", 6, 600)).isTrue();
    assertThat(budget.leasedBytes()).isEqualTo(600);
  }

  @Test
  void shouldLetAnEntryThroughThatIsLargerThanTheBudget() {
    ColdReadBudget budget = new ColdReadBudget(600, Duration.ofNanos(50), () -> 0);
    assertThat(budget.tryAcquire("one", 1, 700)).isTrue();
    assertThat(budget.tryAcquire("two", 1, 1)).isFalse();
  }

  @Test
  void shouldSetWhatSafetyNeedsOfRatis() {
    // when
    RaftNodeConfig config = TestNodes.config(Path.of("node"), 1, 0, TestEngines.NAME);
    RaftProperties properties = RatisSettings.of(config, Path.of("scratch"));

    // then requests are appended by the thread that checked them, and few are on their way
    assertThat(RaftServerConfigKeys.Log.appendEntriesComposeEnabled(properties)).isFalse();
    assertThat(GrpcConfigKeys.Server.leaderOutstandingAppendsMax(properties)).isEqualTo(4);
    // and an entry that passes our limit fits what is sent
    assertThat(RaftServerConfigKeys.Log.Appender.bufferByteLimit(properties).getSize())
        .isGreaterThanOrEqualTo(TestNodes.MAX_ENTRY_BYTES + AppendQueue.OVERHEAD_BYTES);
    // and a follower that came back is sent entries as soon as it would get a heartbeat
    RetryPolicy retries =
        RetryPolicy.parse(RaftServerConfigKeys.Log.Appender.retryPolicy(properties));
    for (int errors : new int[] {6, 100, 10_000, Integer.MAX_VALUE}) {
      assertThat(retries.handleAttemptFailure(() -> errors).getSleepTime())
          .isGreaterThan(TimeDuration.ZERO)
          .isLessThan(RaftServerConfigKeys.Rpc.timeoutMin(properties));
    }
    // and snapshots are notified, not copied
    assertThat(RaftServerConfigKeys.Log.Appender.installSnapshotEnabled(properties)).isFalse();
  }

  @Test
  void shouldFindRatisAsItExpectsIt() {
    assertThatCode(RaftLogInstaller::checkShape).doesNotThrowAnyException();
  }
}
