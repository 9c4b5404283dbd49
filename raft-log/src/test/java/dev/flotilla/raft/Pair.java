package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.proto.Checkpoint;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotReplyProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto.NotificationProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotResult;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerRpc;
import org.apache.ratis.server.protocol.RaftServerProtocol;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.ProtoUtils;

/** Two nodes and a group whose voters they are, on segment files. */
final class Pair implements AutoCloseable {

  final UUID group = UUID.randomUUID();

  private final Path directory;
  private final int[] ports = new int[2];
  private final Map<Integer, RaftNode> nodes = new ConcurrentHashMap<>();
  private final Map<Integer, ReplicatedLog> logs = new ConcurrentHashMap<>();
  private final Map<Integer, Witness> witnesses = new ConcurrentHashMap<>();

  Pair(Path directory) throws IOException {
    this.directory = directory;
    for (int node = 0; node < 2; node++) {
      ports[node] = TestNodes.freePort();
      start(node);
    }
  }

  Path directory(int node) {
    return directory.resolve("node-" + node);
  }

  private RaftNodeConfig config(int node) {
    return TestNodes.config(directory(node), node, ports[node], "mmap");
  }

  List<Voter> voters() {
    return List.of(config(0).self(), config(1).self());
  }

  void start(int node) throws IOException {
    nodes.put(node, TestNodes.start(config(node)));
  }

  void stop(int node) {
    node(node).close();
    nodes.remove(node);
    logs.remove(node);
  }

  RaftNode node(int node) {
    return Optional.ofNullable(nodes.get(node)).orElseThrow();
  }

  ReplicatedLog log(int node) {
    return Optional.ofNullable(logs.get(node)).orElseThrow();
  }

  Witness witness(int node) {
    return Optional.ofNullable(witnesses.get(node)).orElseThrow();
  }

  Replica replica(int node) {
    return node(node).replica(group).orElseThrow();
  }

  /** The group in Ratis. */
  RaftServer.Division division(int node) {
    return (RaftServer.Division) replica(node).member().monitor();
  }

  /** A node asks another for its vote, as Raft would if its log ended so. */
  boolean askForVote(int from, int to, long term, boolean preVote, TermIndex last)
      throws IOException {
    RequestVoteRequestProto request =
        RequestVoteRequestProto.newBuilder()
            .setServerRequest(message(from, to))
            .setCandidateTerm(term)
            .setCandidateLastEntry(last.toProto())
            .setPreVote(preVote)
            .build();
    // It goes through the port like any other.
    RaftServerRpc rpc = division(to).getRaftServer().getServerRpc();
    rpc.addRaftPeers(List.of(RatisServer.peer(voters().get(to))));
    return rpc.requestVote(request).getServerReply().getSuccess();
  }

  /**
   * The follower is told by its leader to begin where the leader's log does, as a new voter would
   * be. Returns whether it has begun to: it may have a checkpoint already, or follow another.
   */
  boolean tellToInstall() throws InterruptedException {
    int leader = leader();
    int node = 1 - leader;
    Replica leading = replica(leader);
    TermIndex first = Objects.requireNonNull(leading.log().getTermIndex(0));
    InstallSnapshotRequestProto request =
        InstallSnapshotRequestProto.newBuilder()
            .setServerRequest(message(leader, node))
            .setLeaderTerm(leading.member().currentTerm())
            .setNotification(
                NotificationProto.newBuilder().setFirstAvailableTermIndex(first.toProto()))
            .build();
    try {
      InstallSnapshotReplyProto reply =
          ((RaftServerProtocol) division(node)).installSnapshot(request);
      return reply.getResult() == InstallSnapshotResult.IN_PROGRESS;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private RaftRpcRequestProto message(int from, int to) {
    return RaftRpcRequestProto.newBuilder()
        .setRequestorId(ByteString.copyFromUtf8(voters().get(from).peerId()))
        .setReplyId(ByteString.copyFromUtf8(voters().get(to).peerId()))
        .setRaftGroupId(ProtoUtils.toRaftGroupIdProtoBuilder(RaftGroupId.valueOf(group)))
        .setCallId(1)
        .build();
  }

  /** Creates the group, and waits until it is led. */
  void create() throws InterruptedException {
    for (int node = 0; node < 2; node++) {
      Witness witness = new Witness();
      witnesses.put(node, witness);
      logs.put(node, node(node).createLog(group, "pair", voters(), new CountingState(), witness));
    }
    leader();
  }

  void open(int node) throws ReplicaQuarantinedException {
    Witness witness = new Witness();
    witnesses.put(node, witness);
    logs.put(node, node(node).openLog(group, "pair", new CountingState(), witness));
  }

  void assertQuarantined(int node, String reason) {
    assertThatThrownBy(() -> open(node))
        .isInstanceOf(ReplicaQuarantinedException.class)
        .hasMessageContaining(reason);
  }

  /** Who leads, waiting for it. */
  int leader() throws InterruptedException {
    TestNodes.await("a leader", () -> present().isPresent());
    return present().orElseThrow();
  }

  private Optional<Integer> present() {
    return logs.entrySet().stream()
        .filter(log -> log.getValue().leadership() instanceof Leadership.Ready)
        .max((one, other) ->
            one.getValue().leadership().term() - other.getValue().leadership().term())
        .map(Map.Entry::getKey);
  }

  /**
   * Appends so many batches of one record, each until it is acknowledged. Returns where the last
   * one ends.
   */
  long append(int batches) throws InterruptedException {
    long end = 0;
    for (int i = 1; i <= batches; i++) {
      end = append(TestBatch.of(i, 1).withSize(1000)).lastOffset() + 1;
    }
    return end;
  }

  private Appended append(TestBatch batch) throws InterruptedException {
    long deadline = System.nanoTime() + TestNodes.DEADLINE.toNanos();
    while (true) {
      ReplicatedLog log = log(leader());
      try {
        return log.append(batch).future().get(10, TimeUnit.SECONDS);
      } catch (ReplicatedLogException | ExecutionException | TimeoutException e) {
        if (System.nanoTime() - deadline > 0) {
          throw new AssertionError("not acknowledged", e);
        }
      }
    }
  }

  /** Zeroes what was written first, which is long since durable; the node is stopped. */
  void damageLog(int node) throws IOException {
    damageLogs(directory(node));
  }

  /** The same of all logs of a node. */
  static void damageLogs(Path nodeDirectory) throws IOException {
    Path logs = nodeDirectory.resolve("engines").resolve("mmap");
    int damaged = 0;
    for (Path file : files(logs)) {
      if (file.toString().endsWith(".segment")) {
        byte[] content = Files.readAllBytes(file);
        Arrays.fill(content, 0, Math.min(content.length, 4096), (byte) 0);
        Files.write(file, content);
        damaged++;
      }
    }
    assertThat(damaged).isPositive();
  }

  private static List<Path> files(Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  interface Work {
    void on(ReplicaDirectory replica, EngineCatalog engines) throws Exception;
  }

  /** Works on what a node stores that is stopped. */
  void inDirectory(int node, Work work) throws Exception {
    try (EngineCatalog engines =
        new EngineCatalog(config(node), Optional.empty(), name -> FlushListener.NONE)) {
      work.on(ReplicaDirectory.open(directory(node).resolve("replicas"), group), engines);
    }
  }

  /** What the newest checkpoint of a node that is stopped covers. */
  TermIndex checkpointed(int node) throws IOException {
    Checkpoint newest =
        CheckpointStore.open(directory(node).resolve("replicas").resolve(group.toString()))
            .newest()
            .orElseThrow();
    return TermIndex.valueOf(newest.getTerm(), newest.getIndex());
  }

  /** Waits until nothing of a repair is left. */
  void awaitRepaired(int node) throws InterruptedException {
    Path files = directory(node).resolve("replicas").resolve(group.toString());
    TestNodes.await(
        "the end of the repair",
        () -> !replica(node).probation().lasts() && !Files.exists(files.resolve("repair")));
    assertThat(files.resolve("quarantine")).doesNotExist();
  }

  /** Waits until both show the same records, up to an offset at least. */
  void assertSame(long end) throws InterruptedException {
    int leader = leader();
    TestNodes.await("the end of the leader", () -> log(leader).highWatermark() >= end);
    TestNodes.await("the same end", () -> log(0).highWatermark() == log(1).highWatermark());
    assertThat(content(0)).isEqualTo(content(1));
    assertThat(replica(0).memory().tail().digest()).isEqualTo(replica(1).memory().tail().digest());
  }

  private byte[] content(int node) {
    ReplicatedLog log = log(node);
    try (Slice slice = log.read(log.logStartOffset(), Integer.MAX_VALUE, FirstBatch.WHOLE)) {
      ByteBuffer all = ByteBuffer.allocate(slice.bytes());
      slice.buffers().forEach(part -> all.put(part.duplicate()));
      return all.array();
    }
  }

  @Override
  public void close() {
    nodes.values().forEach(RaftNode::close);
  }
}
