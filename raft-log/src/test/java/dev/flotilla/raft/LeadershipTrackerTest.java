package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.raft.Leadership.Failed;
import dev.flotilla.raft.Leadership.Following;
import dev.flotilla.raft.Leadership.NotReady;
import dev.flotilla.raft.Leadership.ReadOnly;
import dev.flotilla.raft.Leadership.Ready;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** The account of a replica's leadership. */
class LeadershipTrackerTest {

  private final List<Leadership> told = Collections.synchronizedList(new ArrayList<>());
  private final LeadershipTracker tracker =
      new LeadershipTracker(3, Replica.NOT_STARTED, told::add);

  private static Following following(int term) {
    return new Following(term, Optional.empty());
  }

  @Test
  void shouldTellOfLeadershipInOrderAndNeverGoBack() {
    // when
    tracker.elected(4);
    tracker.follows(3, Optional.of(9));
    tracker.ready(4);
    tracker.ready(4);
    tracker.term(5);
    tracker.ready(4);
    tracker.lost();
    tracker.failed("broken");
    tracker.elected(6);
    tracker.term(7);

    // then
    assertThat(told)
        .containsExactly(new NotReady(4), new Ready(4), following(5), new Failed(5, "broken"));
  }

  @Test
  void shouldBeReadOnlyWhereItLedWhenItsDiskFailedUntilANewerTerm() {
    // given
    tracker.elected(4);
    tracker.ready(4);
    told.clear();

    // when
    tracker.diskFailed("its disk");
    tracker.lost();
    tracker.term(4);
    tracker.elected(4);
    tracker.diskFailed("again");
    tracker.term(5);
    tracker.follows(6, Optional.of(2));

    // then
    assertThat(told).containsExactly(new ReadOnly(4, "its disk"), new Failed(5, "its disk"));
  }

  @Test
  void shouldNotBeReadOnlyAnyMoreWhenDamageIsFoundOrAnotherLeads() {
    // given
    LeadershipTracker damaged = new LeadershipTracker(4, new ReadOnly(4, "its disk"), told::add);
    LeadershipTracker overtaken = new LeadershipTracker(4, new ReadOnly(4, "its disk"), told::add);

    // when
    damaged.failed("damage");
    overtaken.follows(4, Optional.of(2));

    // then
    assertThat(told).containsExactly(new Failed(4, "damage"), new Following(4, Optional.of(2)));
  }

  @Test
  void shouldFailWhereItDidNotLeadWhenItsDiskFailed() {
    // when
    tracker.elected(4);
    tracker.diskFailed("its disk");

    // then
    assertThat(told).containsExactly(new NotReady(4), new Failed(4, "its disk"));
  }

  @Test
  void shouldGoOnAsReadOnlyWhenItIsOpenedAgainInTheSameTermOnly() {
    // given
    ReadOnly before = new ReadOnly(4, "its disk");
    LeadershipTracker again = new LeadershipTracker(4, before, told::add);

    // then
    assertThat(again.current()).isEqualTo(before);
    assertThat(new LeadershipTracker(5, before, told::add).current()).isEqualTo(following(5));

    // when its disk fails once more, and when it is elected after that
    again.diskFailed("again");
    LeadershipTracker third = new LeadershipTracker(4, again.current(), told::add);
    third.term(5);
    third.elected(5);
    third.ready(5);

    // then
    assertThat(told)
        .containsExactly(new ReadOnly(4, "again"), following(5), new NotReady(5), new Ready(5));
  }

  @Test
  void shouldLetOthersReportWhileItTellsAndTellThatInOrder() throws Exception {
    // given a consumer that is slow
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch released = new CountDownLatch(1);
    LeadershipTracker slow =
        new LeadershipTracker(
            3,
            Replica.NOT_STARTED,
            leadership -> {
              entered.countDown();
              awaitQuietly(released);
              told.add(leadership);
            });
    Thread teller = Thread.ofVirtual().start(() -> slow.elected(4));
    entered.await();

    // when others report meanwhile, they do not wait for it
    slow.ready(4);
    slow.diskFailed("its disk");
    assertThat(slow.current()).isEqualTo(new ReadOnly(4, "its disk"));
    assertThat(told).isEmpty();
    released.countDown();
    teller.join();

    // then
    assertThat(told).containsExactly(new NotReady(4), new Ready(4), new ReadOnly(4, "its disk"));
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
