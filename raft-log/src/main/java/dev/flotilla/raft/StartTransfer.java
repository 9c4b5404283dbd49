package dev.flotilla.raft;

import dev.flotilla.proto.Checkpoint;
import dev.flotilla.proto.ReplicaKind;
import dev.flotilla.proto.StoredLogStart;
import dev.flotilla.storage.LogBase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.util.ProtoUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a replica starts anew where its leader's log starts, when it was away until the entries it
 * needs were dropped. No records are copied here: the leader sends a checkpoint of what precedes
 * its first entry, and everything behind that comes by ordinary AppendEntries.
 *
 * <p>Ratis calls this installing a snapshot, and asks healthy replicas to do it too: every new
 * member once, and every follower whose appender was restarted. Those keep what they have.
 */
final class StartTransfer {

  private static final Logger LOG = LoggerFactory.getLogger(StartTransfer.class);

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int ATTEMPTS = 20;
  private static final long BETWEEN_LOOKS_MS = 200;

  private final Replica replica;

  StartTransfer(Replica replica) {
    this.replica = replica;
  }

  /** On the leader: the checkpoint at which a replica may begin. */
  CompletableFuture<ByteBuffer> answer() {
    return CompletableFuture.supplyAsync(
        () -> {
          Leadership leadership = replica.member().leadership().current();
          // It need not be ready: what it has applied is committed, and where there are but two
          // voters it gets ready only when this follower has caught up.
          if (!(leadership instanceof Leadership.Ready
              || leadership instanceof Leadership.NotReady)) {
            throw new ReplicatedLogException.NotLeader(replica.name(), leadership);
          }
          return ByteBuffer.wrap(checkpointOfStart().toByteArray());
        },
        replica.node().background());
  }

  private Checkpoint checkpointOfStart() {
    StoredReplica stored = replica.stored();
    if (stored.descriptor().getKind() == ReplicaKind.COMMAND_LOG) {
      Checkpoint newest =
          stored
              .checkpoints()
              .newest()
              .orElseThrow(() -> new IllegalStateException(replica.name()));
      StoredLogStart behind =
          StoredLogStart.newBuilder()
              .setIndex(newest.getIndex() + 1)
              .setPredecessorTerm(newest.getTerm())
              .build();
      return newest.toBuilder().setLogStart(behind).build();
    }
    LogStart start = replica.memory().start();
    LogBase base = replica.memory().baseBefore(start);
    Checkpoint.Builder checkpoint = StoredReplica.at(base);
    checkpoint.getLogStartBuilder().setOffset(start.offset());
    return checkpoint.setConfiguration(replica.state().configuration()).build();
  }

  /**
   * On a follower that is told where its leader's log begins: completes with the entry behind which
   * it goes on, or with null if it has nothing and the leader has everything.
   */
  CompletableFuture<@Nullable TermIndex> follow(RoleInfoProto role, long leaderStart) {
    long applied = replica.state().last().getIndex();
    if (applied < 0 && leaderStart == 0) {
      return CompletableFuture.completedFuture(null);
    }
    if (applied >= 0 && applied + 1 >= leaderStart) {
      return finishing(replica.checkpoints().request().thenApply(done -> replica.snapshot()));
    }
    RaftPeer leader = ProtoUtils.toRaftPeer(role.getFollowerInfo().getLeaderInfo().getId());
    return finishing(
        CompletableFuture.supplyAsync(() -> startAnew(leader), replica.node().background()));
  }

  /**
   * What Ratis is told of a start, which is then acted upon at once. Ratis would wait for another
   * word of the leader, who may lead no longer.
   */
  private CompletableFuture<@Nullable TermIndex> finishing(
      CompletableFuture<? extends @Nullable TermIndex> start) {
    CompletableFuture<@Nullable TermIndex> told = new CompletableFuture<>();
    // On a thread that holds nothing: the group's monitor is taken.
    var _ =
        start.whenCompleteAsync(
            (at, failure) -> {
              if (failure == null) {
                told.complete(at);
                act();
              } else {
                told.completeExceptionally(failure);
              }
            },
            replica.node().background());
    return told;
  }

  private void act() {
    try {
      replica.member().division().snapshotInstalled();
    } catch (RuntimeException e) {
      LOG.error("{} does not go on where it began anew", replica.name(), e);
      replica.member().closeAfterFailure(e);
    }
  }

  private TermIndex startAnew(RaftPeer leader) {
    try {
      Checkpoint start = fetch(leader);
      TermIndex before = TermIndex.valueOf(start.getTerm(), start.getIndex());
      if (before.equals(replica.memory().termIndex(before.getIndex()))) {
        // It has all up to the leader's start and did not know that it is committed.
        return catchUp(before);
      }
      replica.reset(start);
      return before;
    } catch (IOException e) {
      throw new UncheckedIOException(replica.name() + " cannot begin anew", e);
    }
  }

  private TermIndex catchUp(TermIndex committed) throws IOException {
    replica.log().updateSnapshotIndex(committed.getIndex());
    replica.member().division().commitIndexRose();
    try {
      if (!replica.state().await(committed.getIndex(), PATIENCE)) {
        throw new IOException(replica.name() + " does not apply " + committed);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
    return replica.state().last();
  }

  /**
   * One that does not know yet that it leads is asked again. Once another leads, it is waited for
   * no longer: while this lasts no entries are taken, and the new leader says where to begin.
   */
  private Checkpoint fetch(RaftPeer leader) throws IOException {
    UUID group = replica.member().division().memberId().getGroupId().getUuid();
    Peers peers = replica.node().peers();
    try {
      for (int attempt = 1; ; attempt++) {
        try {
          return Checkpoint.parseFrom(
              await(peers.checkpoint(leader.getAddress(), group, PATIENCE), leader));
        } catch (ExecutionException e) {
          if (attempt == ATTEMPTS || peers.closed()) {
            throw new IOException(replica.name() + " got no checkpoint", e.getCause());
          }
        }
        TimeUnit.MILLISECONDS.sleep(BETWEEN_LOOKS_MS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private ByteBuffer await(CompletableFuture<ByteBuffer> answer, RaftPeer leader)
      throws IOException, ExecutionException, InterruptedException {
    while (true) {
      Optional<RaftPeerId> leads = replica.member().division().leader();
      if (leads.isPresent() && !leads.get().equals(leader.getId())) {
        throw new IOException(
            "%s is led by %s, not by %s".formatted(replica.name(), leads.get(), leader.getId()));
      }
      try {
        return answer.get(BETWEEN_LOOKS_MS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        LOG.debug("{} waits for a checkpoint of {}", replica.name(), leader.getId());
      }
    }
  }

  /** Ratis goes on behind what {@link #follow} returned, on the applying thread. */
  void reload() {
    replica.reload();
  }
}
