package dev.flotilla.server.metadata;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.raft.CheckedEntries;
import dev.flotilla.raft.CommandLog;
import dev.flotilla.raft.CommandLogListener;
import dev.flotilla.raft.CommandStateMachine;
import dev.flotilla.raft.PeerRequestHandler;
import dev.flotilla.raft.Peers;
import dev.flotilla.raft.RaftNode;
import dev.flotilla.raft.RaftNodeConfig;
import dev.flotilla.raft.ReplicaQuarantinedException;
import dev.flotilla.raft.StoredLog;
import dev.flotilla.raft.StoredReplicas;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.DataDirectory;
import dev.flotilla.server.config.HostAndPort;
import dev.flotilla.storage.FlushMode;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The metadata group's replica on this node, in a Raft server of its own: Ratis' settings are per
 * server, and this group's timeouts are short. Its port also serves what nodes ask of each other.
 */
public final class MetadataGroup implements Metadata.LogOpener, AutoCloseable {

  /** The same in every cluster: ASCII for what it is. */
  static final UUID ID = new UUID(0x666c_6f74_696c_6c61L, 0x6d65_7461_6461_7461L);

  private static final Logger LOG = LoggerFactory.getLogger(MetadataGroup.class);
  private static final String NAME = "metadata";
  private static final int SEGMENT_BYTES = 8 << 20;

  /** A command that creates the most partitions a request may create takes a tenth of it. */
  private static final int MAX_COMMAND_BYTES = 4 << 20;

  private static final int QUEUE_BYTES = 16 << 20;
  private static final Duration ELECTION_TIMEOUT_MIN = Duration.ofSeconds(1);
  private static final Duration ELECTION_TIMEOUT_MAX = Duration.ofSeconds(2);

  private final DataDirectory directory;
  private final RaftNode raft;

  /** What is stored of the group is missing or cannot be trusted; says where. */
  public static final class DamagedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    DamagedException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  private MetadataGroup(DataDirectory directory, RaftNode raft) {
    this.directory = directory;
    this.raft = raft;
  }

  /**
   * Starts the Raft server, without the group.
   *
   * @param host where it listens
   * @param port where it listens; 0 takes a free one
   * @param engine the storage engine of the group; one that is stored in another is moved when it
   *     is opened
   * @param handler answers the requests of other nodes, from now on
   * @throws IOException if the directory or the port cannot be used
   */
  public static MetadataGroup start(
      DataDirectory directory,
      String host,
      int port,
      String engine,
      FlushMode flushMode,
      Clock clock,
      MetricRegistry metrics,
      PeerRequestHandler handler)
      throws IOException {
    var config = config(directory, host, port, engine, flushMode, clock);
    return new MetadataGroup(directory, RaftNode.start(config, metrics, handler));
  }

  private static RaftNodeConfig config(
      DataDirectory directory,
      String host,
      int port,
      String engine,
      FlushMode flushMode,
      Clock clock) {
    return new RaftNodeConfig(
        new Voter(directory.peerId(), directory.identity().nodeId(), host, port),
        directory.metadata(),
        engine,
        flushMode,
        Map.of(),
        SEGMENT_BYTES,
        MAX_COMMAND_BYTES,
        QUEUE_BYTES,
        ELECTION_TIMEOUT_MIN,
        ELECTION_TIMEOUT_MAX,
        clock);
  }

  /** The group's replica of a node that does not run. */
  public static StoredReplicas stored(DataDirectory directory, String engine) {
    return new StoredReplicas(
        config(directory, "127.0.0.1", 0, engine, FlushMode.COMMIT, Clock.systemUTC()));
  }

  /** The other nodes, as this one calls them. */
  public Peers peers() {
    return raft.peers();
  }

  /** Opens the group of a node alone, or creates it where the cluster was never formed. */
  @Override
  public CommandLog open(CommandStateMachine stateMachine, CommandLogListener listener) {
    return opener(
            directory.identity().formed() ? Optional.empty() : Optional.of(List.of(raft.self())))
        .open(stateMachine, listener);
  }

  /**
   * Opens the group where it is stored. Opening throws {@link DamagedException} if its log is
   * missing and must not be, or cannot be trusted: a new one in its place would forget its votes.
   *
   * @param first with which voters it is created where it is not stored: none of them for a replica
   *     that waits to be added; empty if it must be stored
   */
  public Metadata.LogOpener opener(Optional<List<Voter>> first) {
    return (stateMachine, listener) -> {
      if (raft.storedGroups().contains(ID)) {
        try {
          var log = raft.openCommandLog(ID, NAME, stateMachine, listener);
          var totals = raft.conversions();
          if (totals.converted() + totals.refused() > 0) {
            LOG.info("Storage engine of the metadata: {}", totals);
          }
          return log;
        } catch (ReplicaQuarantinedException e) {
          throw new DamagedException(
              "the metadata in " + directory.metadata() + " is damaged: " + e.getMessage(), e);
        }
      }
      var voters =
          first.orElseThrow(() ->
              new DamagedException(
                  "the metadata of cluster %s is missing in %s"
                      .formatted(directory.identity().clusterId().orElse(""), directory.metadata()),
                  null));
      return raft.createCommandLog(ID, NAME, voters, stateMachine, listener);
    };
  }

  /** See {@link RaftNode#stored}. */
  public Optional<StoredLog> stored() {
    return raft.stored(ID);
  }

  /** See {@link RaftNode#check}. */
  public Optional<CheckedEntries> check(long fromIndex, long maxBytes) {
    return raft.check(ID, fromIndex, maxBytes);
  }

  /** Deletes what is stored of the group, durably; it is not open. */
  public void wipe() {
    raft.deleteGroup(ID);
  }

  /** The voters that have what is committed, where the group is led; none elsewhere. */
  public List<Voter> caughtUp() {
    return raft.groups().caughtUp(ID);
  }

  /** The voters of the newest configuration that this node's replica knows. */
  public List<Voter> voters() {
    return raft.groups().voters(ID);
  }

  /** See {@link dev.flotilla.raft.Groups#addVoter}. */
  public CompletableFuture<Void> addVoter(Voter voter) {
    return raft.groups().addVoter(ID, voter);
  }

  /** See {@link dev.flotilla.raft.Groups#removeVoter}. */
  public CompletableFuture<Void> removeVoter(String peerId) {
    return raft.groups().removeVoter(ID, peerId);
  }

  /** Where a node that votes answers others. */
  public Optional<HostAndPort> address(int nodeId) {
    return voters().stream()
        .filter(voter -> voter.nodeId() == nodeId)
        .map(voter -> new HostAndPort(voter.host(), voter.port()))
        .findFirst();
  }

  /**
   * Hands the leadership of the group over to a voter that is caught up, if it is led here.
   * Completes when another leads, or at once if there is nothing to hand over or nobody to take it.
   */
  public CompletableFuture<Void> handOver(Duration timeout) {
    return raft.groups().caughtUp(ID).stream()
        .filter(voter -> !voter.peerId().equals(raft.self().peerId()))
        .findFirst()
        .map(voter -> raft.groups().transferLeadership(ID, voter.peerId(), timeout))
        .orElseGet(() -> CompletableFuture.completedFuture(null));
  }

  /** Stops the group and its server. The {@link Metadata} that follows it is closed before. */
  @Override
  public void close() {
    raft.close();
  }
}
