package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads of what is safe go on while a replica's disk fails, is broken, and works again. */
class ReadingThroughFailureTest {

  @TempDir Path directory;

  private final UUID group = UUID.randomUUID();

  private RaftNode start() throws Exception {
    return TestNodes.start(TestNodes.config(directory, 1, 0, TestEngines.NAME));
  }

  private ReplicatedLog create(RaftNode node) throws Exception {
    ReplicatedLog log =
        node.createLog(group, "t", List.of(node.self()), new CountingState(), new Quiet());
    awaitReady(log);
    return log;
  }

  private static void awaitReady(ReplicatedLog log) throws InterruptedException {
    TestNodes.await("a leader", () -> log.leadership() instanceof Leadership.Ready);
  }

  private static void awaitFailed(ReplicatedLog log) throws InterruptedException {
    TestNodes.await("the failure", () -> log.leadership() instanceof Leadership.ReadOnly);
  }

  /** A write fails, and so do all attempts to open the log again. */
  private static void breakDisk(DiskFaults faults, ReplicatedLog log) throws InterruptedException {
    faults.failingOpens.set(Integer.MAX_VALUE);
    faults.doubtfulWrites.set(1);
    var _ = log.append(TestBatch.of(1, 5));
    awaitFailed(log);
  }

  private static Appended append(ReplicatedLog log, int records) throws Exception {
    return log.append(TestBatch.of(1, records)).future().get(60, TimeUnit.SECONDS);
  }

  @Test
  void shouldShowWhatWasCommittedWithoutAGapWhileItsDiskFailsAndIsBroken() throws Exception {
    DiskFaults faults = TestEngines.faults(directory);
    try (RaftNode node = start();
        SteadyReader reader = new SteadyReader()) {
      // given
      ReplicatedLog log = create(node);
      append(log, 3);
      append(log, 4);
      try (Slice lent = log.read(0, 1 << 20, FirstBatch.WHOLE)) {
        List<ByteBuffer> before = SteadyReader.copy(lent);
        reader.start(log, 7);

        // when its flush fails, and it cannot be opened again at first
        faults.failingOpens.set(2);
        faults.doubtfulWrites.set(1);
        CompletableFuture<Appended> lost = log.append(TestBatch.of(1, 5)).future();
        assertThatThrownBy(() -> lost.get(60, TimeUnit.SECONDS))
            .isInstanceOf(ExecutionException.class);
        awaitFailed(log);
        TestNodes.await("the end of the replica", () -> node.replica(group).isEmpty());

        // then all of it is read, and nothing is appended
        reader.readsOn();
        assertThatThrownBy(() -> log.append(TestBatch.of(1, 1)))
            .isInstanceOf(ReplicatedLogException.Unavailable.class);

        // and it is read on when the replica is back, together with what comes
        awaitReady(log);
        assertThat(faults.cuts).hasSize(1);
        assertThat(append(log, 2).baseOffset()).isEqualTo(7);
        reader.readsOn();
        assertThat(lent.buffers()).isEqualTo(before);
      }
    }
  }

  @Test
  void shouldShowWhatWasCommittedAlsoWhereTheCheckpointIsLost() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, TestEngines.NAME)) {
      // given a leader whose disk takes no checkpoint either
      UUID led = cluster.create("t-0");
      cluster.append(led, TestBatch.of(0, 5));
      int leader = cluster.awaitLeader(led);
      DiskFaults faults = TestEngines.faults(cluster.directory(leader));
      ReplicatedLog log = cluster.log(leader, led);
      Path files = cluster.directory(leader).resolve("replicas").resolve(led.toString());
      for (String checkpoint : List.of("checkpoint-0", "checkpoint-1")) {
        Files.deleteIfExists(files.resolve(checkpoint));
        Files.createDirectory(files.resolve(checkpoint));
      }
      try (SteadyReader reader = new SteadyReader()) {
        reader.start(log, 5);

        // when it fails and is opened again, where it has nothing applied at first
        faults.doubtfulWrites.set(1);
        var _ = log.append(TestBatch.of(1, 1));
        awaitFailed(log);
        TestNodes.await("its return", () -> !(log.leadership() instanceof Leadership.ReadOnly));

        // then it shows what it had shown
        reader.readsOn();
        cluster.append(led, TestBatch.of(2, 1));
        reader.readsOn();
      }
    }
  }

  @Test
  void shouldShowWhatWasCommittedAlsoWhereRaftRefusesTheReplicaThatIsOpenAgain() throws Exception {
    DiskFaults faults = TestEngines.faults(directory);
    try (RaftNode node = start();
        SteadyReader reader = new SteadyReader()) {
      // given
      ReplicatedLog log = create(node);
      append(log, 3);
      reader.start(log, 3);

      // when its disk fails, and then Ratis has no directory in which it could start the group
      breakDisk(faults, log);
      TestNodes.await("the end of the replica", () -> node.replica(group).isEmpty());
      Path scratch = directory.resolve("scratch");
      Path moved = Files.move(scratch, directory.resolve("moved"));
      Files.createFile(scratch);
      faults.failingOpens.set(0);
      TestNodes.await("a second attempt", () -> faults.cuts.size() > 1);
      Files.delete(scratch);
      Files.move(moved, scratch);

      // then it is back at one of the next attempts, and was read in between
      awaitReady(log);
      assertThat(faults.cuts).last().isEqualTo(Long.MAX_VALUE);
      assertThat(append(log, 1).baseOffset()).isEqualTo(3);
      reader.readsOn();
    }
  }

  @Test
  void shouldReadNothingMoreOfWhatWasFoundDamagedWhileItsDiskIsBroken() throws Exception {
    DiskFaults faults = TestEngines.faults(directory);
    try (RaftNode node = start()) {
      // given a replica that waits for its disk
      ReplicatedLog log = create(node);
      append(log, 3);
      breakDisk(faults, log);
      TestNodes.await("the end of the replica", () -> node.replica(group).isEmpty());
      assertThat(log.entryOfLargestTimestamp()).isPresent();

      // when a read meets damage
      faults.nextHeader.set(DiskFaults.damage(LogId.random(), 1));
      assertThatThrownBy(log::entryOfLargestTimestamp)
          .isInstanceOf(ReplicatedLogException.Unavailable.class);

      // then none succeeds after it
      assertThatThrownBy(() -> log.read(0, 1000, FirstBatch.WHOLE))
          .isInstanceOf(ReplicatedLogException.Unavailable.class);

      // and it is not opened when the disk works again, but can be deleted
      faults.failingOpens.set(0);
      node.deleteGroup(group);
      assertThat(node.storedGroups()).isEmpty();
    }
  }

  @Test
  void shouldDeleteAReplicaThatWaitsForItsDisk() throws Exception {
    DiskFaults faults = TestEngines.faults(directory);
    try (RaftNode node = start()) {
      // given
      ReplicatedLog log = create(node);
      append(log, 3);
      breakDisk(faults, log);

      // when
      node.deleteGroup(group);

      // then
      assertThat(node.storedGroups()).isEmpty();
      assertThatThrownBy(() -> log.read(0, 1000, FirstBatch.WHOLE))
          .isInstanceOf(ReplicatedLogException.Unavailable.class);
      faults.failingOpens.set(0);
      append(create(node), 1);
    }
  }
}
