package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.flotilla.proto.Checkpoint;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.StorageEngine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a stored replica starts, and what stands in its way. */
class ReplicaStartTest {

  private static final ByteString NO_STATE = ByteString.copyFromUtf8("of another version");

  @TempDir Path directory;

  private final UUID group = UUID.randomUUID();
  private Path files = Path.of("");

  @BeforeEach
  void store() throws Exception {
    files = directory.resolve("replicas").resolve(group.toString());
    try (RaftNode node = start()) {
      ReplicatedLog log =
          node.createLog(group, "t", List.of(node.self()), new CountingState(), new Quiet());
      append(log, 3);
    }
  }

  private RaftNode start() throws IOException {
    return TestNodes.start(TestNodes.config(directory, 1, 0, TestEngines.NAME));
  }

  private static Appended append(ReplicatedLog log, int records) throws Exception {
    TestNodes.await("a leader", () -> log.leadership() instanceof Leadership.Ready);
    return log.append(TestBatch.of(1, records)).future().get(10, TimeUnit.SECONDS);
  }

  /** Makes the newest checkpoint one whose file is sound and whose state nobody can read. */
  private void writeUnreadable() throws IOException {
    CheckpointStore checkpoints = CheckpointStore.open(files);
    Checkpoint newest = checkpoints.newest().orElseThrow();
    checkpoints.write(newest.toBuilder().setState(NO_STATE).build());
  }

  @Test
  void shouldStartFromTheOlderCheckpointWhereTheNewestHasNoStateThatCanBeRead() throws Exception {
    // given
    Checkpoint older = CheckpointStore.open(files).newest().orElseThrow();
    writeUnreadable();

    // when
    CountingState state = new CountingState();
    try (RaftNode node = start()) {
      ReplicatedLog log = node.openLog(group, "t", state, new Quiet());

      // then
      assertThat(log.highWatermark()).isEqualTo(3);
      assertThat(node.replica(group).orElseThrow().stored().checkpoint()).isEqualTo(older);
      assertThat(append(log, 1).baseOffset()).isEqualTo(3);
      assertThat(state.offsets).isEqualTo(4);
    }
  }

  @Test
  void shouldReplayTheLogWhereNoCheckpointHasAStateThatCanBeRead() throws Exception {
    // given
    writeUnreadable();
    writeUnreadable();

    // when
    CountingState state = new CountingState();
    try (RaftNode node = start()) {
      ReplicatedLog log = node.openLog(group, "t", state, new Quiet());

      // then
      assertThat(node.replica(group).orElseThrow().stored().checkpoint().getIndex()).isEqualTo(-1);
      assertThat(append(log, 1).baseOffset()).isEqualTo(3);
      assertThat(state.offsets).isEqualTo(4);
      assertThat(state.entries).isEqualTo(2);
    }

    // and the checkpoint that it wrote at its end is good
    CountingState again = new CountingState();
    try (RaftNode node = start()) {
      ReplicatedLog log = node.openLog(group, "t", again, new Quiet());
      assertThat(log.highWatermark()).isEqualTo(4);
    }
  }

  @Test
  void shouldStartAGroupThatRatisFailedToAddBefore() throws Exception {
    try (RaftNode node = start()) {
      // given a start that fails when Ratis has locked a directory and been given the log
      ReplicaDirectory stored = ReplicaDirectory.open(directory.resolve("replicas"), group);
      StoredReplica opened = open(node, stored);
      ReadableStore readable = new ReadableStore(opened.store());
      Replica failing =
          Replica.of(node.replicas(), "t", opened, readable, Replica.NOT_STARTED, new Refusing());
      assertThatThrownBy(() -> node.replicas().start(group, failing))
          .isInstanceOf(IOException.class);
      assertThat(node.replica(group)).isEmpty();
      readable.close();

      // then the group starts in the same node
      ReplicatedLog log = node.openLog(group, "t", new CountingState(), new Quiet());
      assertThat(append(log, 1).baseOffset()).isEqualTo(3);
    }
  }

  @Test
  void shouldTryAgainWhereRatisDoesNotStartAGroup() throws Exception {
    try (RaftNode node = start()) {
      // given what keeps Ratis from starting it once
      Files.createDirectories(directory.resolve("scratch").resolve(group.toString()));

      // when
      ReplicatedLog log = node.openLog(group, "t", new CountingState(), new Quiet());

      // then
      assertThat(append(log, 1).baseOffset()).isEqualTo(3);
    }
  }

  private static StoredReplica open(RaftNode node, ReplicaDirectory stored) throws Exception {
    return StoredReplica.reopen(
        stored,
        () -> {
          try {
            StorageEngine engine = node.replicas().node().engine(TestEngines.NAME);
            return engine.open(StoredReplica.logId(stored.descriptor()));
          } catch (IOException | ReplicaQuarantinedException e) {
            throw new AssertionError(e);
          }
        });
  }

  /** Is not ready for a replica to start. */
  private static final class Refusing implements Applied {

    @Override
    public void started(Replica replica) {
      throw new IllegalStateException("not now, as asked");
    }

    @Override
    public void stopped() {}

    @Override
    public void records(EntryHeader header) {}

    @Override
    public ByteBuffer command(EntryHeader header, ByteBuffer command) {
      return ByteBuffer.allocate(0);
    }

    @Override
    public ByteBuffer snapshot(long index) {
      return ByteBuffer.allocate(0);
    }

    @Override
    public void restore(long index, long endOffset, ByteBuffer state) {}

    @Override
    public void damaged(String reason) {}

    @Override
    public void leadershipChanged(Leadership leadership) {}
  }
}
