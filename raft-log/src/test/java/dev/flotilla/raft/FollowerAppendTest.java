package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.StorageException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.server.protocol.TermIndex;
import org.junit.jupiter.api.Test;

/** What a follower's log takes from a leader, and when it says so. */
class FollowerAppendTest extends RaftLogFixture {

  @Test
  void shouldNotAppendInALaterTermWhatWasCheckedInAnEarlier() {
    // given
    LogEntryProto entry = records(1, 3);
    check();

    // when a vote for a newer term comes between
    host.term = 2;
    CompletableFuture<Long> future = log.append(List.of(entry)).getFirst();

    // then
    assertThat(future).isCompletedExceptionally();
    assertThat(log.getNextIndex()).isZero();
  }

  @Test
  void shouldNotAppendWhatWasNotChecked() {
    assertThat(log.append(List.of(records(1, 3))).getFirst()).isCompletedExceptionally();
    assertThat(log.getNextIndex()).isZero();
  }

  @Test
  void shouldTakeTheMonitorToAppend() throws Exception {
    // given
    LogEntryProto entry = records(1, 3);
    CompletableFuture<Long> appended = new CompletableFuture<>();
    Thread follower;
    synchronized (host.monitor) {
      // when
      follower =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  appended.complete(get(appendEntries(entry)));
                } catch (Exception e) {
                  appended.completeExceptionally(e);
                }
              });
      TestNodes.await("the follower waits", () -> follower.getState() == Thread.State.BLOCKED);

      // then
      assertThat(log.getNextIndex()).isZero();
    }
    assertThat(get(appended)).isZero();
  }

  @Test
  void shouldAcknowledgeResentEntriesOnlyWhenTheyAreDurable() throws Exception {
    // given
    gate.closeGate();
    LogEntryProto entry = records(1, 3);
    CompletableFuture<Long> first = appendEntries(entry);

    // when it is sent again
    CompletableFuture<Long> again = appendEntries(entry);

    // then
    assertThat(first).isNotDone();
    assertThat(again).isNotDone();
    gate.openGate();
    assertThat(get(again)).isZero();
    assertThat(get(first)).isZero();
    assertThat(get(appendEntries(entry))).isZero();
  }

  @Test
  void shouldNotTakeAFlushOfCutEntriesForOneOfTheirSuccessors() throws Exception {
    // given two entries that are not durable
    get(appendEntries(records(1, 1)));
    LogTail before = leader;
    gate.closeGate();
    CompletableFuture<Long> cut = appendEntries(records(1, 1), records(1, 1));

    // when a newer leader puts one entry in their place
    leader = before;
    host.term = 2;
    CompletableFuture<Long> successor = appendEntries(records(2, 2));

    // then
    assertThat(cut).isCompletedExceptionally();
    assertThat(log.getFlushIndex()).isZero();
    assertThat(successor).isNotDone();
    gate.openGate();
    assertThat(get(successor)).isEqualTo(1);
    assertThat(log.getFlushIndex()).isEqualTo(1);
    assertThat(log.getTermIndex(2)).isNull();
  }

  @Test
  void shouldLowerTheFlushIndexAtOnceWhenDurableEntriesAreCut() throws Exception {
    // given
    get(appendEntries(records(1, 1)));
    LogTail before = leader;
    get(appendEntries(records(1, 1), records(1, 1)));
    assertThat(log.getFlushIndex()).isEqualTo(2);

    // when
    gate.closeGate();
    leader = before;
    host.term = 2;
    CompletableFuture<Long> successor = appendEntries(records(2, 1));

    // then
    assertThat(log.getFlushIndex()).isZero();
    gate.openGate();
    assertThat(get(successor)).isEqualTo(1);
  }

  @Test
  void shouldRefuseToCutCommittedEntries() throws Exception {
    // given
    LogTail before = leader;
    get(appendEntries(records(1, 1)));
    assertThat(log.updateCommitIndex(0, 1, false)).isTrue();

    // when
    leader = before;
    host.term = 2;
    CompletableFuture<Long> future = appendEntries(records(2, 1));

    // then
    assertThat(future).isCompletedExceptionally();
    assertThat(log.getTermIndex(0)).isEqualTo(TermIndex.valueOf(1, 0));
  }

  @Test
  void shouldRefuseToCutEntriesOfTheCurrentTerm() throws Exception {
    // given an entry of term 2
    LogTail before = leader;
    host.term = 2;
    get(appendEntries(records(2, 1)));

    // when something claims that term 2 has another entry there
    leader = before;
    CompletableFuture<Long> future = appendEntries(records(1, 1));

    // then
    assertThat(future).isCompletedExceptionally();
    assertThat(log.getTermIndex(0)).isEqualTo(TermIndex.valueOf(2, 0));
  }

  @Test
  void shouldSetItselfAsideWhenItsEndIsBeyondAnEntrysBaseOffset() throws Exception {
    // given
    get(appendEntries(records(1, 10)));

    // when
    CompletableFuture<Long> future = appendEntries(records(1, 1, 9, leader.digest()));

    // then
    assertThat(future).isCompletedExceptionally();
    assertThat(host.events).contains("damaged");
    assertThat(log.getNextIndex()).isEqualTo(1);
  }

  @Test
  void shouldSetItselfAsideWhenItsRecordsAreNotTheLeaders() throws Exception {
    // given
    get(appendEntries(records(1, 10)));

    // when
    CompletableFuture<Long> future =
        appendEntries(records(1, 1, leader.endOffset(), leader.digest() + 1));

    // then
    assertThat(future).isCompletedExceptionally();
    assertThat(host.events).contains("damaged");
  }

  @Test
  void shouldTakeOffsetsWithGaps() throws Exception {
    get(appendEntries(records(1, 10)));
    get(appendEntries(records(1, 1, 15, leader.digest())));
    assertThat(memory.tail().endOffset()).isEqualTo(16);
  }

  @Test
  void shouldStopServingBeforeItFailsItsWaiters() throws Exception {
    // given
    gate.closeGate();
    CompletableFuture<Long> future = appendEntries(records(1, 1));
    CompletableFuture<Void> told =
        future.handle((index, e) -> {
          host.events.add("answered");
          return null;
        });

    // when
    gate.failNextFlush(new StorageException("no"));
    gate.openGate();
    told.get(60, TimeUnit.SECONDS);
    TestNodes.await("the close", () -> host.events.contains("close"));

    // then
    assertThat(host.events).containsExactly("failed", "answered", "close");
    assertThat(future).isCompletedExceptionally();
    assertThat(appendEntries(records(1, 1))).isCompletedExceptionally();
    assertThat(log.getFlushIndex()).isEqualTo(-1);
  }

  @Test
  void shouldCutItsFirstEntryToo() throws Exception {
    // given
    get(appendEntries(records(1, 5), records(1, 5)));

    // when
    host.term = 2;
    check();
    assertThat(get(log.truncate(0))).isEqualTo(-1);

    // then
    assertThat(memory.tail()).isEqualTo(LogTail.behind(LogBase.ORIGIN));
    leader = LogTail.behind(LogBase.ORIGIN);
    assertThat(get(appendEntries(records(2, 1)))).isZero();
  }
}
