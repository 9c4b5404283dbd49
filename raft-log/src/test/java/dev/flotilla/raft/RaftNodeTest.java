package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RaftNodeTest {

  @TempDir Path directory;

  private final UUID group = UUID.randomUUID();
  private final List<Leadership> leaderships = new CopyOnWriteArrayList<>();
  private final CountingState state = new CountingState();

  private final ReplicaListener listener =
      new ReplicaListener() {
        @Override
        public void leadershipChanged(Leadership leadership) {
          leaderships.add(leadership);
        }

        @Override
        public void highWatermarkChanged(long highWatermark) {}
      };

  private RaftNode start() throws Exception {
    return TestNodes.start(TestNodes.config(directory, 1, 0, TestEngines.NAME));
  }

  private static void awaitReady(ReplicatedLog log) throws InterruptedException {
    TestNodes.await("a leader", () -> log.leadership() instanceof Leadership.Ready);
  }

  private static Appended append(ReplicatedLog log, AppendBatch batch) throws Exception {
    return log.append(batch).future().get(60, TimeUnit.SECONDS);
  }

  @Test
  void shouldAppendCommitAndReadOnOneNode() throws Exception {
    try (RaftNode node = start()) {
      // given
      ReplicatedLog log = node.createLog(group, "t-0", List.of(node.self()), state, listener);
      awaitReady(log);

      // when
      Appended first = append(log, TestBatch.of(0, 3));
      Appended second = append(log, TestBatch.of(0, 2));

      // then
      assertThat(first.baseOffset()).isZero();
      assertThat(first.lastOffset()).isEqualTo(2);
      assertThat(second.baseOffset()).isEqualTo(3);
      assertThat(log.highWatermark()).isEqualTo(5);
      assertThat(log.logEndOffset()).isEqualTo(5);
      assertThat(state.offsets).isEqualTo(5);
      try (Slice slice = log.read(0, 1 << 20, FirstBatch.WHOLE)) {
        assertThat(slice.bytes()).isPositive();
      }
    }
  }

  @Test
  void shouldHaveALeaderAtOnceOnASingleNode() throws Exception {
    // given: nobody would campaign for an hour
    Duration hour = Duration.ofHours(1);
    RaftNodeConfig usual = TestNodes.config(directory, 1, 0, "mmap");
    RaftNodeConfig patient =
        new RaftNodeConfig(
            usual.self(),
            usual.directory(),
            usual.defaultEngine(),
            usual.flushMode(),
            usual.engineSettings(),
            usual.segmentBytes(),
            usual.maxEntryBytes(),
            usual.queueBytes(),
            hour,
            hour.plusMinutes(1),
            usual.clock());
    try (RaftNode node = TestNodes.start(patient)) {
      // when
      ReplicatedLog log = node.createLog(group, "t-0", List.of(node.self()), state, listener);

      // then
      awaitReady(log);
    }
  }

  @Test
  void shouldFindEverythingAgainAfterARestart() throws Exception {
    // given
    try (RaftNode node = start()) {
      ReplicatedLog log = node.createLog(group, "t-0", List.of(node.self()), state, listener);
      awaitReady(log);
      for (int i = 0; i < 10; i++) {
        append(log, TestBatch.of(0, 2));
      }
    }

    // when
    CountingState restored = new CountingState();
    try (RaftNode node = start()) {
      assertThat(node.storedGroups()).containsExactly(group);
      ReplicatedLog log = node.openLog(group, "t-0", restored, listener);
      awaitReady(log);

      // then
      assertThat(log.highWatermark()).isEqualTo(20);
      assertThat(restored.offsets).isEqualTo(20);
      assertThat(append(log, TestBatch.of(0, 1)).baseOffset()).isEqualTo(20);
    }
  }

  @Test
  void shouldReplayItsLogWhenItsCheckpointsAreLost() throws Exception {
    // given
    try (RaftNode node = start()) {
      ReplicatedLog log = node.createLog(group, "t-0", List.of(node.self()), state, listener);
      awaitReady(log);
      for (int i = 0; i < 10; i++) {
        append(log, TestBatch.of(0, 2));
      }
    }
    Path replica = directory.resolve("replicas").resolve(group.toString());
    Files.delete(replica.resolve("checkpoint-0"));
    Files.delete(replica.resolve("checkpoint-1"));

    // when
    CountingState replayed = new CountingState();
    try (RaftNode node = start()) {
      ReplicatedLog log = node.openLog(group, "t-0", replayed, listener);
      awaitReady(log);

      // then
      assertThat(replayed.entries).isEqualTo(10);
      assertThat(log.highWatermark()).isEqualTo(20);
    }
  }

  @Test
  void shouldAppendAnEntryOnlyInTheTermAndAtTheOffsetItWasBuiltFor() throws Exception {
    try (RaftNode node = start()) {
      // given
      ReplicatedLog log = node.createLog(group, "t-0", List.of(node.self()), state, listener);
      awaitReady(log);
      append(log, TestBatch.of(0, 3));
      Replica replica = node.replica(group).orElseThrow();
      int term = log.leadership().term();

      // then
      for (BuiltEntry wrong : List.of(entry(term, 2), entry(term, 4), entry(term - 1, 3))) {
        assertThatThrownBy(() -> Submission.entry(replica, wrong).get(60, TimeUnit.SECONDS))
            .hasCauseInstanceOf(EntrySink.NotAppended.class);
      }
      assertThat(replica.memory().tail().endOffset()).isEqualTo(3);
      assertThat(append(log, TestBatch.of(0, 1)).baseOffset()).isEqualTo(3);
    }
  }

  private static BuiltEntry entry(int term, long baseOffset) {
    return new BuiltEntry(
        term,
        baseOffset,
        1,
        0,
        0,
        List.of(new BatchExtent(8, 0)),
        ByteBuffer.allocate(0),
        ByteBuffer.allocate(8));
  }

  @Test
  void shouldNotKeepAStateThatFailedToApplyAnEntry() throws Exception {
    // given a state machine that fails in the middle of a command
    ConcatenatingMachine failing = new ConcatenatingMachine();
    try (RaftNode node = start()) {
      CommandLog log =
          node.createCommandLog(group, "meta", List.of(node.self()), failing, leaderships::add);
      TestNodes.await("a leader", () -> log.leadership() instanceof Leadership.Ready);
      submit(log, "a");
      failing.failNext();

      // when
      CompletableFuture<ByteBuffer> lost = log.submit(ConcatenatingMachine.CHARSET.encode("b"));
      TestNodes.await("the end", () -> log.leadership() instanceof Leadership.Failed);
      assertThat(lost.isDone() && !lost.isCompletedExceptionally()).isFalse();
    }

    // then the command is applied, whole, by a better one
    ConcatenatingMachine better = new ConcatenatingMachine();
    try (RaftNode node = start()) {
      CommandLog log = node.openCommandLog(group, "meta", better, leaderships::add);
      TestNodes.await("a leader", () -> log.leadership() instanceof Leadership.Ready);
      assertThat(better.text()).isEqualTo("ab");
    }
  }

  @Test
  void shouldCreateAGroupOnce() throws Exception {
    try (RaftNode node = start()) {
      node.createLog(group, "t-0", List.of(node.self()), state, listener);
      assertThatThrownBy(() -> node.createLog(group, "t-0", List.of(node.self()), state, listener))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void shouldNotUseWhatRatisLeftInItsDirectory() throws Exception {
    // given
    Path left = directory.resolve("scratch").resolve(group.toString()).resolve("current");
    Files.createDirectories(left);
    Files.writeString(left.resolve("raft-meta"), "garbage");

    // when
    try (RaftNode node = start()) {
      // then
      ReplicatedLog log = node.createLog(group, "t-0", List.of(node.self()), state, listener);
      awaitReady(log);
    }
  }

  @Test
  void shouldCountAppendsAndEntries() throws Exception {
    // given
    MetricRegistry metrics = new MetricRegistry();
    try (RaftNode node =
        RaftNode.start(TestNodes.config(directory, 1, 0, TestEngines.NAME), metrics)) {
      ReplicatedLog log = node.createLog(group, "t-0", List.of(node.self()), state, listener);
      awaitReady(log);

      // when
      append(log, TestBatch.of(0, 3));
      append(log, TestBatch.of(0, 5));

      // then
      assertThat(metrics.counter("raft.appends").getCount()).isEqualTo(2);
      assertThat(metrics.histogram("raft.entry.records").getSnapshot().getMax()).isEqualTo(5);
      assertThat(metrics.getGauges().get("raft.index.committed")).extracting("value").isEqualTo(2L);
      assertThat(metrics.getGauges().get("raft.index.applied")).extracting("value").isEqualTo(2L);
    }
  }

  @Test
  void shouldDeleteAGroupForGood() throws Exception {
    try (RaftNode node = start()) {
      // given
      ReplicatedLog log = node.createLog(group, "t-0", List.of(node.self()), state, listener);
      awaitReady(log);
      append(log, TestBatch.of(0, 2));

      // when
      node.deleteGroup(group);

      // then
      assertThat(node.storedGroups()).isEmpty();
      ReplicatedLog again =
          node.createLog(group, "t-0", List.of(node.self()), new CountingState(), listener);
      awaitReady(again);
      assertThat(append(again, TestBatch.of(0, 1)).baseOffset()).isZero();
    }
  }

  @Test
  void shouldApplyCommandsAndRestoreTheirStateMachine() throws Exception {
    // given
    ConcatenatingMachine machine = new ConcatenatingMachine();
    try (RaftNode node = start()) {
      CommandLog log =
          node.createCommandLog(group, "meta", List.of(node.self()), machine, leaderships::add);
      TestNodes.await("a leader", () -> log.leadership() instanceof Leadership.Ready);
      assertThat(submit(log, "a")).isEqualTo("a");
      assertThat(submit(log, "b")).isEqualTo("ab");
      log.snapshot().get(60, TimeUnit.SECONDS);
      assertThat(submit(log, "c")).isEqualTo("abc");
    }

    // when
    ConcatenatingMachine restored = new ConcatenatingMachine();
    try (RaftNode node = start()) {
      CommandLog log = node.openCommandLog(group, "meta", restored, leaderships::add);
      TestNodes.await("a leader", () -> log.leadership() instanceof Leadership.Ready);

      // then
      assertThat(restored.text()).isEqualTo("abc");
      assertThat(submit(log, "d")).isEqualTo("abcd");
    }
  }

  @Test
  void shouldRestartACommandLogWhoseEntriesWereDropped() throws Exception {
    // given
    ConcatenatingMachine machine = new ConcatenatingMachine();
    try (RaftNode node = start()) {
      CommandLog log =
          node.createCommandLog(group, "meta", List.of(node.self()), machine, leaderships::add);
      TestNodes.await("a leader", () -> log.leadership() instanceof Leadership.Ready);
      for (int i = 0; i < 20; i++) {
        submit(log, "x");
      }

      // when
      assertThat(log.snapshot().get(60, TimeUnit.SECONDS)).isEqualTo(20);
      submit(log, "y");
    }

    // then
    ConcatenatingMachine restored = new ConcatenatingMachine();
    try (RaftNode node = start()) {
      CommandLog log = node.openCommandLog(group, "meta", restored, leaderships::add);
      TestNodes.await("a leader", () -> log.leadership() instanceof Leadership.Ready);
      assertThat(restored.text()).isEqualTo("x".repeat(20) + "y");
      assertThat(submit(log, "z")).isEqualTo("x".repeat(20) + "yz");
      assertThat(restored.commands()).isLessThan(5);
    }
  }

  private static String submit(CommandLog log, String command) throws Exception {
    CompletableFuture<ByteBuffer> answer =
        log.submit(ByteBuffer.wrap(command.getBytes(ConcatenatingMachine.CHARSET)));
    return ConcatenatingMachine.CHARSET.decode(answer.get(60, TimeUnit.SECONDS)).toString();
  }
}
