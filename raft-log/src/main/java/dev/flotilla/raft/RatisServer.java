package dev.flotilla.raft;

import dev.flotilla.proto.ReplicaDescriptor;
import dev.flotilla.proto.StoredVoter;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.GroupManagementRequest;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.impl.RaftLogInstaller;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.server.storage.RaftStorageDirectory;
import org.apache.ratis.server.storage.RaftStorageMetadata;
import org.apache.ratis.util.ProtoUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ratis' server and the groups it runs. Its storage directory is scratch and emptied at start: what
 * must survive is in {@link StoredReplica}.
 */
final class RatisServer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RatisServer.class);

  /** Ratis waits a day for a group that does not close; nobody else does. */
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(60);

  private final ClientId client = ClientId.randomId();
  private final AtomicLong callIds = new AtomicLong();
  private final ConcurrentMap<RaftGroupId, GroupStateMachine> machines = new ConcurrentHashMap<>();
  private final RaftServer server;
  private final Voter self;
  private final Path scratch;

  private RatisServer(
      RaftNodeConfig config,
      Path scratch,
      RaftProperties properties,
      PeerRequestHandler handler,
      Executor background)
      throws IOException {
    this.scratch = scratch;
    Parameters parameters = new Parameters();
    GrpcConfigKeys.Server.setServicesCustomizer(
        parameters, peerService(config, handler, background));
    this.server =
        RaftServer.newBuilder()
            .setServerId(RaftPeerId.valueOf(config.self().peerId()))
            .setProperties(properties)
            .setParameters(parameters)
            .setStateMachineRegistry(this::machine)
            .setOption(RaftStorage.StartupOption.RECOVER)
            .build();
    server.start();
    InetSocketAddress address = server.getServerRpc().getInetSocketAddress();
    Voter asked = config.self();
    this.self = new Voter(asked.peerId(), asked.nodeId(), asked.host(), address.getPort());
  }

  /**
   * Starts it without any group.
   *
   * @param handler answers the requests of other nodes
   * @param background runs what may wait
   * @throws IOException if the directory or the port cannot be used, or Ratis has another shape
   */
  static RatisServer start(RaftNodeConfig config, PeerRequestHandler handler, Executor background)
      throws IOException {
    try {
      RaftLogInstaller.checkShape();
    } catch (IllegalStateException e) {
      throw new IOException(e.getMessage(), e);
    }
    Path scratch = config.directory().resolve("scratch");
    empty(scratch);
    return new RatisServer(config, scratch, RatisSettings.of(config, scratch), handler, background);
  }

  private PeerService peerService(
      RaftNodeConfig config, PeerRequestHandler handler, Executor background) {
    return new PeerService(
        Map.of(
            PeerMethod.CALL, handler,
            PeerMethod.CHECKPOINT, this::checkpoint,
            PeerMethod.PING, CompletableFuture::completedFuture),
        Map.of(
            PeerMethod.CALL, config.maxEntryBytes(),
            PeerMethod.CHECKPOINT, RatisSettings.messageBytes(config),
            PeerMethod.PING, 0),
        this::voteRule,
        background);
  }

  private VoteRule voteRule(RequestVoteRequestProto request) {
    GroupStateMachine machine =
        machines.get(ProtoUtils.toRaftGroupId(request.getServerRequest().getRaftGroupId()));
    TermIndex last =
        request.hasCandidateLastEntry()
            ? TermIndex.valueOf(request.getCandidateLastEntry())
            : TermIndex.valueOf(0, -1);
    return machine == null ? VoteRule.BY_THE_LOG : machine.voteRule(last);
  }

  private CompletableFuture<ByteBuffer> checkpoint(ByteBuffer group) {
    return machine(RaftGroupId.valueOf(new UUID(group.getLong(), group.getLong()))).checkpoint();
  }

  private static void empty(Path scratch) throws IOException {
    deleteTree(scratch);
    Files.createDirectories(scratch);
  }

  private static void deleteTree(Path directory) throws IOException {
    if (Files.exists(directory)) {
      try (Stream<Path> tree = Files.walk(directory)) {
        for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  private GroupStateMachine machine(RaftGroupId group) {
    GroupStateMachine machine = machines.get(group);
    if (machine == null) {
      throw new IllegalStateException(group + " was not opened here");
    }
    return machine;
  }

  Voter self() {
    return self;
  }

  RaftServer ratis() {
    return server;
  }

  /**
   * Starts a group, whose files are open; returns when it takes part. When it fails nothing of the
   * group is left in Ratis, which keeps a lock on the directory of a group that did not start.
   */
  void add(UUID group, ReplicaDescriptor descriptor, GroupStateMachine machine) throws IOException {
    RaftGroupId id = RaftGroupId.valueOf(group);
    List<RaftPeer> peers =
        descriptor.getInitialVotersList().stream().map(RatisServer::peer).toList();
    machines.put(id, machine);
    boolean added = false;
    try {
      formatScratch(group);
      check(
          server.groupManagement(
              GroupManagementRequest.newAdd(
                  client,
                  server.getId(),
                  callIds.incrementAndGet(),
                  RaftGroup.valueOf(id, peers),
                  false)));
      added = true;
    } finally {
      if (!added) {
        machines.remove(id);
        machine.abandon();
        deleteTree(scratch.resolve(group.toString()));
      }
    }
  }

  /**
   * Makes what Ratis makes of a group's directory when it formats it, but syncs nothing: it is
   * scratch. Ratis starts one group after another, and each would wait for the disk.
   */
  private void formatScratch(UUID group) throws IOException {
    Path directory = scratch.resolve(group.toString());
    deleteTree(directory);
    Path current =
        Files.createDirectories(directory.resolve(RaftStorageDirectory.CURRENT_DIR_NAME));
    RaftStorageMetadata initial = RaftStorageMetadata.getDefault();
    Files.writeString(
        current.resolve("raft-meta"),
        "term=%d%nvotedFor=%s%n".formatted(initial.getTerm(), initial.getVotedFor()));
  }

  /** Stops a group; returns when its log is closed. Does nothing if it is not there. */
  void remove(UUID group) {
    RaftGroupId id = RaftGroupId.valueOf(group);
    try {
      check(
          server.groupManagement(
              GroupManagementRequest.newRemove(
                  client, server.getId(), callIds.incrementAndGet(), id, true, false)));
    } catch (IOException e) {
      LOG.warn("group {} did not stop as it should", group, e);
    } finally {
      machines.remove(id);
    }
  }

  private static void check(RaftClientReply reply) throws IOException {
    if (!reply.isSuccess()) {
      throw new IOException(reply.getException());
    }
  }

  /** See {@link RaftNode#campaign}. */
  void campaign(UUID group) {
    try {
      RaftLogInstaller division = RaftLogInstaller.of(server, RaftGroupId.valueOf(group));
      division.campaignIfWelcome();
    } catch (IOException e) {
      LOG.warn("group {} does not campaign", group, e);
    }
  }

  /** The only voter of a group waits for nobody. */
  void campaignIfAlone(UUID group) {
    try {
      RaftLogInstaller division = RaftLogInstaller.of(server, RaftGroupId.valueOf(group));
      Collection<RaftPeer> voters = division.configuration().getAllPeers();
      if (voters.size() == 1 && voters.iterator().next().getId().equals(server.getId())) {
        division.campaign();
      }
    } catch (IOException e) {
      LOG.warn("group {} does not campaign", group, e);
    }
  }

  static RaftPeer peer(Voter voter) {
    return RaftPeer.newBuilder()
        .setId(voter.peerId())
        .setAddress(voter.host() + ":" + voter.port())
        .build();
  }

  private static RaftPeer peer(StoredVoter voter) {
    return RaftPeer.newBuilder()
        .setId(voter.getPeerId())
        .setAddress(voter.getHost() + ":" + voter.getPort())
        .build();
  }

  /** The node of a member; of one that joined later, the number its peer id begins with. */
  static Optional<Integer> nodeOf(ReplicaDescriptor descriptor, RaftPeerId peer) {
    String id = peer.toString();
    for (StoredVoter voter : descriptor.getInitialVotersList()) {
      if (voter.getPeerId().equals(id)) {
        return Optional.of(voter.getNodeId());
      }
    }
    int digits = 0;
    while (digits < id.length() && Character.isDigit(id.charAt(digits))) {
      digits++;
    }
    return digits == 0 || digits > 9
        ? Optional.empty()
        : Optional.of(Integer.valueOf(id.substring(0, digits)));
  }

  @Override
  public void close() {
    Thread closing =
        Thread.ofPlatform()
            .daemon()
            .name(self.peerId() + "-close")
            .start(() -> {
              new OutgoingCalls(server).end();
              try {
                server.close();
              } catch (IOException e) {
                LOG.warn("{} did not close as it should", self, e);
              }
            });
    try {
      if (!closing.join(CLOSE_PATIENCE)) {
        LOG.error("{} did not close within {}", self, CLOSE_PATIENCE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
