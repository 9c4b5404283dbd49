package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.Digest;
import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.testkit.FlushGate;
import dev.flotilla.storage.testkit.GatedEngineFactory;
import dev.flotilla.storage.testkit.InMemoryEngineFactory;
import dev.flotilla.storage.testkit.InMemoryEngineFactory.Completion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.LogEntryHeader;
import org.apache.ratis.server.raftlog.RaftLog.EntryWithData;
import org.apache.ratis.server.storage.RaftStorageMetadata;
import org.apache.ratis.util.TimeDuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rules of DESIGN.md, section 2, that the log itself has to keep. */
class EngineRaftLogTest {

  @TempDir Path directory;

  private final FakeHost host = new FakeHost();
  private final LogId id = LogId.random();
  private final GatedEngineFactory factory =
      new GatedEngineFactory(new InMemoryEngineFactory(Completion.ON_ENGINE_THREAD));
  private final FlushGate gate = factory.gate();
  private final ColdReads coldReads =
      new ColdReads(
          new ColdReadBudget(1000, 200, Duration.ofSeconds(3), System::nanoTime), 4096, "test");
  private LogStore store;
  private LogMemory memory;
  private EngineRaftLog log;

  /** A leader's log, of which the entries of the tests are taken. */
  private LogTail leader = LogTail.behind(LogBase.ORIGIN);

  @BeforeEach
  void open() throws Exception {
    EngineContext context =
        new EngineContext(
            directory, FlushMode.COMMIT, 1 << 20, 1 << 20, Map.of(), FlushListener.NONE);
    store = factory.open(context).create(id, LogBase.ORIGIN);
    memory = new LogMemory(store, LogStart.ORIGIN, -1, 0, host);
    VoteStore.create(directory, id);
    log =
        new EngineRaftLog(
            RaftGroupMemberId.valueOf(RaftPeerId.valueOf("a"), RaftGroupId.randomId()),
            store,
            memory,
            VoteStore.open(directory, id),
            host,
            coldReads,
            1 << 20,
            -1);
  }

  @AfterEach
  void close() {
    gate.openGate();
    log.close();
    store.close();
    coldReads.close();
  }

  private LogEntryProto records(long term, int span) {
    return records(term, span, leader.endOffset(), leader.digest());
  }

  private LogEntryProto records(long term, int span, long baseOffset, long digestBefore) {
    ByteBuffer payload = ByteBuffer.wrap(new byte[50]);
    payload.putLong(0, term).putInt(8, span);
    long index = leader.nextIndex();
    EntryHeader header =
        new EntryHeader(
            index,
            term,
            EntryKind.DATA,
            baseOffset,
            span,
            1000,
            1000,
            1000,
            Digest.next(digestBefore, index, baseOffset, span, payload),
            List.of(new BatchExtent(50, span - 1)),
            ByteBuffer.allocate(0));
    leader = LogTail.after(header);
    return EntryCodec.withPayload(header, payload);
  }

  private LogEntryProto configuration(long term) {
    LogEntryProto entry =
        LogEntryProto.newBuilder()
            .setTerm(term)
            .setIndex(leader.nextIndex())
            .setConfigurationEntry(RaftConfigurationProto.getDefaultInstance())
            .build();
    leader = LogTail.after(Reception.raftOnly(leader, entry).header());
    return entry;
  }

  /** Ratis' check under the monitor, then what it does after it gave the monitor back. */
  private CompletableFuture<Long> appendEntries(LogEntryProto... entries) {
    check();
    return log.append(List.of(entries)).getFirst();
  }

  private void check() {
    synchronized (host.monitor) {
      assertThat(log.getLastCommittedIndex()).isLessThan(Long.MAX_VALUE);
    }
  }

  private static long get(CompletableFuture<Long> future) throws Exception {
    return future.get(60, TimeUnit.SECONDS);
  }

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
  void shouldThrowNothingButATimeoutWhereAnAppenderAsks() throws Exception {
    // given
    get(appendEntries(records(1, 1)));

    // when
    EntryWithData there = log.getEntryWithData(0);
    EntryWithData missing = log.getEntryWithData(7);

    // then
    TimeDuration second = TimeDuration.valueOf(1, TimeUnit.SECONDS);
    assertThat(there.getEntry(second).getIndex()).isZero();
    assertThatThrownBy(() -> missing.getEntry(second)).isInstanceOf(TimeoutException.class);
    store.close();
    assertThatThrownBy(() -> there.getEntry(second)).isInstanceOf(TimeoutException.class);
  }

  @Test
  void shouldSendWhatTheLeaderSent() throws Exception {
    // given
    LogEntryProto entry = records(1, 3);
    LogEntryProto other = configuration(1);
    get(appendEntries(entry, other));

    // when they come from the store
    TimeDuration second = TimeDuration.valueOf(1, TimeUnit.SECONDS);

    // then
    assertThat(log.getEntryWithData(0).getEntry(second)).isEqualTo(entry);
    assertThat(log.getEntryWithData(1).getEntry(second)).isEqualTo(other);
  }

  @Test
  void shouldShowConfigurationsOnly() throws Exception {
    get(appendEntries(configuration(1), records(1, 1), configuration(1)));
    assertThat(log.getEntries(0, 3)).extracting(LogEntryHeader::getIndex).containsExactly(0L, 2L);
    assertThat(log.getEntries(1, 2)).isEmpty();
  }

  @Test
  void shouldCommitAsALeaderOnlyEntriesOfItsTerm() throws Exception {
    get(appendEntries(records(1, 1)));
    assertThat(log.updateCommitIndex(0, 2, true)).isFalse();
    assertThat(log.updateCommitIndex(0, 1, true)).isTrue();
    assertThat(log.updateCommitIndex(5, 1, true)).isFalse();
  }

  @Test
  void shouldBeginAtTheReplicatedStart() throws Exception {
    // given
    get(appendEntries(records(1, 5), records(1, 5), records(1, 5)));

    // when
    memory.moveStart(new LogStart(2, 1, 12));

    // then, though all is still on the disk
    assertThat(log.getStartIndex()).isEqualTo(2);
    assertThat(log.getTermIndex(1)).isEqualTo(TermIndex.valueOf(1, 1));
    assertThat(log.getTermIndex(0)).isNull();
    assertThat(log.get(1)).isNull();
    memory.dropPrefix(memory.baseBefore(memory.start())).get(60, TimeUnit.SECONDS);
    assertThat(log.getTermIndex(1)).isEqualTo(TermIndex.valueOf(1, 1));
    assertThat(store.base().index()).isEqualTo(1);
  }

  @Test
  void shouldKeepVotesAndTellOfTerms() throws Exception {
    log.persistMetadata(RaftStorageMetadata.valueOf(3, RaftPeerId.valueOf("b")));
    assertThat(log.loadMetadata().getTerm()).isEqualTo(3);
    assertThat(log.loadMetadata().getVotedFor()).isEqualTo(RaftPeerId.valueOf("b"));
    assertThat(host.events).containsExactly("term 3");
  }

  @Test
  void shouldCloseWhenAVoteCannotBeWritten() throws Exception {
    // given
    Path vote = directory.resolve(VoteStore.FILE);
    Files.delete(vote);
    Files.createDirectory(vote);

    // then the failure comes before anybody could be told of the vote
    RaftStorageMetadata cast = RaftStorageMetadata.valueOf(3, RaftPeerId.valueOf("b"));
    assertThatThrownBy(() -> log.persistMetadata(cast)).isInstanceOf(IOException.class);
    assertThat(host.events).containsExactly("failed", "close");
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

  @Test
  void shouldBeEmptyBehindTheBaseAfterAReset() throws Exception {
    // given
    get(appendEntries(records(1, 5), records(1, 5)));

    // when
    LogBase base = new LogBase(20, 4, 300, 77);
    memory.reset(LogStart.behind(base), base);

    // then
    assertThat(log.getNextIndex()).isEqualTo(21);
    assertThat(log.getStartIndex()).isEqualTo(21);
    assertThat(log.getTermIndex(20)).isEqualTo(TermIndex.valueOf(4, 20));
    assertThat(log.getLastEntryTermIndex()).isEqualTo(TermIndex.valueOf(4, 20));
    assertThat(log.getFlushIndex()).isEqualTo(20);
    host.term = 4;
    leader = LogTail.behind(base);
    assertThat(get(appendEntries(records(4, 1)))).isEqualTo(21);
  }
}
