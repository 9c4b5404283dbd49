package dev.flotilla.raft;

import static dev.flotilla.raft.ConvertedReplica.LMDB;
import static dev.flotilla.raft.ConvertedReplica.MMAP;
import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes are started with other engines than before. */
class EngineSwapTest {

  @TempDir Path directory;

  @Test
  void shouldServeAGroupWhoseReplicasAreInDifferentEngines() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, MMAP)) {
      // given
      UUID group = cluster.create("t");
      long end = append(cluster, group, 30);

      // when one node after the other comes back with the other engine, the last one does not
      for (int node = 0; node < 2; node++) {
        restart(cluster, node, LMDB, group);
        end = append(cluster, group, 10);
      }

      // then
      assertThat(engine(cluster, 0, group)).isEqualTo(LMDB);
      assertThat(engine(cluster, 1, group)).isEqualTo(LMDB);
      assertThat(engine(cluster, 2, group)).isEqualTo(MMAP);
      assertSame(cluster, group, end);

      // and back, the last one the other way
      restart(cluster, 0, MMAP, group);
      restart(cluster, 2, LMDB, group);
      end = append(cluster, group, 10);
      assertSame(cluster, group, end);
      assertThat(engine(cluster, 0, group)).isEqualTo(MMAP);
      assertThat(engine(cluster, 2, group)).isEqualTo(LMDB);
    }
  }

  private static long append(TestCluster cluster, UUID group, int batches) throws Exception {
    long end = 0;
    for (int i = 0; i < batches; i++) {
      end = cluster.append(group, TestBatch.of(i, 2).withSize(1500)).lastOffset() + 1;
    }
    return end;
  }

  private static void restart(TestCluster cluster, int node, String engine, UUID group)
      throws Exception {
    cluster.stop(node);
    cluster.changeEngine(node, engine);
    cluster.start(node);
    cluster.open(node, group);
    assertThat(cluster.node(node).conversions().converted()).isEqualTo(1);
  }

  private static String engine(TestCluster cluster, int node, UUID group) {
    Replica replica = cluster.node(node).replica(group).orElseThrow();
    return replica.stored().descriptor().getEngine();
  }

  private static void assertSame(TestCluster cluster, UUID group, long end) throws Exception {
    byte[] content = new byte[0];
    for (int node = 0; node < TestCluster.NODES; node++) {
      cluster.awaitHighWatermark(node, group, end);
      byte[] found = cluster.content(node, group);
      assertThat(found).hasSizeGreaterThan(1500);
      if (node > 0) {
        assertThat(found).isEqualTo(content);
        assertThat(cluster.log(node, group).digest(end))
            .isPresent()
            .isEqualTo(cluster.log(0, group).digest(end));
      }
      content = found;
    }
  }

  @Test
  void shouldMoveAllReplicasOfANodeAlsoThoseOfCommands() throws Exception {
    // given
    UUID partition = UUID.randomUUID();
    UUID commands = UUID.randomUUID();
    try (RaftNode node = start(MMAP)) {
      ReplicatedLog log =
          node.createLog(partition, "t-0", List.of(node.self()), new CountingState(), new Quiet());
      CommandLog metadata =
          node.createCommandLog(
              commands,
              "metadata",
              List.of(node.self()),
              new ConcatenatingMachine(),
              leadership -> {});
      append(log);
      TestNodes.await("a leader", () -> metadata.leadership() instanceof Leadership.Ready);
      submit(metadata, "a");
    }

    for (String engine : List.of(LMDB, MMAP)) {
      // when
      try (RaftNode node = start(engine)) {
        CountingState state = new CountingState();
        ConcatenatingMachine machine = new ConcatenatingMachine();
        ReplicatedLog log = node.openLog(partition, "t-0", state, new Quiet());
        CommandLog metadata = node.openCommandLog(commands, "metadata", machine, leadership -> {});

        // then both go on
        assertThat(node.conversions().converted()).isEqualTo(2);
        assertThat(node.conversions().alone()).isEqualTo(1);
        assertThat(node.conversions().underWay()).isZero();
        append(log);
        TestNodes.await("a leader", () -> metadata.leadership() instanceof Leadership.Ready);
        submit(metadata, "b");
      }
    }
    try (RaftNode node = start(MMAP)) {
      assertThat(node.conversions()).isEqualTo(ConversionTotals.NONE);
      CountingState state = new CountingState();
      ReplicatedLog log = node.openLog(partition, "t-0", state, new Quiet());
      append(log);
      assertThat(log.highWatermark()).isEqualTo(4);
    }
    assertThat(directory.resolve("engines").resolve(LMDB)).doesNotExist();
  }

  private RaftNode start(String engine) throws Exception {
    return TestNodes.start(TestNodes.config(directory, 1, 0, engine));
  }

  private static void append(ReplicatedLog log) throws Exception {
    TestNodes.await("a leader", () -> log.leadership() instanceof Leadership.Ready);
    log.append(TestBatch.of(1, 1)).future().get(60, TimeUnit.SECONDS);
  }

  private static void submit(CommandLog log, String command) throws Exception {
    log.submit(ConcatenatingMachine.CHARSET.encode(command)).get(60, TimeUnit.SECONDS);
  }

  @Test
  void shouldCreateAReplicaInTheEngineThatIsAskedFor() throws Exception {
    UUID own = UUID.randomUUID();
    UUID unknown = UUID.randomUUID();
    try (RaftNode node = start(MMAP)) {
      assertThat(node.engines()).contains(MMAP, LMDB);
      append(
          node.createLog(own, "t-0", LMDB, List.of(node.self()), new CountingState(), new Quiet()));
      // what cannot be had must not keep a partition from being served
      append(
          node.createLog(
              unknown, "t-1", "rocks", List.of(node.self()), new CountingState(), new Quiet()));
      assertThat(engine(node, own)).isEqualTo(LMDB);
      assertThat(engine(node, unknown)).isEqualTo(MMAP);
    }
    try (RaftNode node = start(MMAP)) {
      ReplicatedLog log = node.openLog(own, "t-0", LMDB, new CountingState(), new Quiet());
      append(log);
      assertThat(node.conversions()).isEqualTo(ConversionTotals.NONE);
      assertThat(engine(node, own)).isEqualTo(LMDB);
    }
  }

  private static String engine(RaftNode node, UUID group) {
    return node.replica(group).orElseThrow().stored().descriptor().getEngine();
  }

  @Test
  void shouldRemoveWhatNoReplicaNamesUnlessAReplicaCannotSay() throws Exception {
    // given a log that is nobody's, and one that is in two engines
    ConvertedReplica replica = new ConvertedReplica(directory, UUID.randomUUID());
    replica.create(MMAP, 3);
    LogId nobodys = LogId.random();
    try (EngineCatalog engines = replica.engines()) {
      engines.engine(MMAP).create(nobodys, LogBase.ORIGIN).close();
      engines.engine(LMDB).create(nobodys, LogBase.ORIGIN).close();
      engines.engine(LMDB).create(replica.log(), LogBase.ORIGIN).close();
    }
    ConvertedReplica silent = new ConvertedReplica(directory, UUID.randomUUID());
    silent.create(MMAP, 3);
    Path descriptor = silent.files().path().resolve("descriptor");
    byte[] whole = Files.readAllBytes(descriptor);
    LogId silents = silent.log();

    // when
    Files.write(descriptor, new byte[whole.length]);
    replica.sweep(MMAP);

    // then only what a replica has elsewhere is gone
    try (EngineCatalog engines = replica.engines()) {
      assertThat(engines.engine(MMAP).logs())
          .containsExactlyInAnyOrder(nobodys, replica.log(), silents);
      assertThat(engines.engine(LMDB).logs()).containsExactly(nobodys);
    }

    // and all that is not needed when all can say
    Files.write(descriptor, whole);
    replica.sweep(MMAP);
    try (EngineCatalog engines = replica.engines()) {
      assertThat(engines.used()).doesNotContain(LMDB);
      assertThat(engines.engine(MMAP).logs()).containsExactlyInAnyOrder(replica.log(), silents);
    }
  }

  @Test
  void shouldFinishTheRemovalOfAnEngine() throws Exception {
    // given a removal that was cut short
    ConvertedReplica replica = new ConvertedReplica(directory, UUID.randomUUID());
    replica.create(MMAP, 3);
    Path rest = directory.resolve("engines").resolve("lmdb.retired");
    Files.createDirectories(rest.resolve("sub"));

    // when, then
    replica.sweep(MMAP);
    assertThat(rest).doesNotExist();
  }

  @Test
  void shouldKeepAnEngineWhileALogIsCreatedInIt() throws Exception {
    ConvertedReplica replica = new ConvertedReplica(directory, UUID.randomUUID());
    try (EngineCatalog engines = replica.engines()) {
      engines.engine(LMDB);
      Thread creator = Thread.ofPlatform().start(() -> engines.creation().lock());
      creator.join();

      engines.retire(LMDB);
      assertThat(engines.used()).contains(LMDB);
    }
  }
}
