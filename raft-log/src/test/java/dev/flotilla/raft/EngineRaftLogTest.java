package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.LogBase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.LogEntryHeader;
import org.apache.ratis.server.raftlog.RaftLog.EntryWithData;
import org.apache.ratis.server.storage.RaftStorageMetadata;
import org.apache.ratis.util.TimeDuration;
import org.junit.jupiter.api.Test;

/** What Ratis is told of the log, and what the log keeps of Ratis. */
class EngineRaftLogTest extends RaftLogFixture {

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
  void shouldCountNoMemoryForAnEntryThatCannotBeRead() throws Exception {
    // given
    get(appendEntries(records(1, 1)));
    EntryWithData entry = log.getEntryWithData(0);
    store.close();

    // when
    assertThatThrownBy(() -> entry.getEntry(TimeDuration.valueOf(1, TimeUnit.SECONDS)))
        .isInstanceOf(TimeoutException.class);

    // then
    assertThat(coldBudget.leasedBytes()).isZero();
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
