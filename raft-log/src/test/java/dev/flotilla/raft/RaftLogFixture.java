package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;

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
import dev.flotilla.storage.testkit.FlushGate;
import dev.flotilla.storage.testkit.GatedEngineFactory;
import dev.flotilla.storage.testkit.InMemoryEngineFactory;
import dev.flotilla.storage.testkit.InMemoryEngineFactory.Completion;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A Raft log over a gated store in memory, in a group without Ratis, and what a leader sends. */
abstract class RaftLogFixture {

  @TempDir Path directory;

  final FakeHost host = new FakeHost();
  final LogId id = LogId.random();
  final GatedEngineFactory factory =
      new GatedEngineFactory(new InMemoryEngineFactory(Completion.ON_ENGINE_THREAD));
  final FlushGate gate = factory.gate();
  final ColdReadBudget coldBudget =
      new ColdReadBudget(1 << 20, Duration.ofSeconds(3), System::nanoTime);
  final ColdReads coldReads = new ColdReads(coldBudget, 4096, "test");
  LogStore store;
  LogMemory memory;
  EngineRaftLog log;

  /** A leader's log, of which the entries of the tests are taken. */
  LogTail leader = LogTail.behind(LogBase.ORIGIN);

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

  LogEntryProto records(long term, int span) {
    return records(term, span, leader.endOffset(), leader.digest());
  }

  LogEntryProto records(long term, int span, long baseOffset, long digestBefore) {
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

  LogEntryProto configuration(long term) {
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
  CompletableFuture<Long> appendEntries(LogEntryProto... entries) {
    check();
    return log.append(List.of(entries)).getFirst();
  }

  void check() {
    synchronized (host.monitor) {
      assertThat(log.getLastCommittedIndex()).isLessThan(Long.MAX_VALUE);
    }
  }

  static long get(CompletableFuture<Long> future) throws Exception {
    return future.get(60, TimeUnit.SECONDS);
  }
}
