package dev.flotilla.raft;

import dev.flotilla.proto.Checkpoint;
import dev.flotilla.proto.ReplicaKind;
import dev.flotilla.proto.StoredLogStart;
import dev.flotilla.storage.LogBase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.retry.RetryPolicies;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.ProtoUtils;
import org.apache.ratis.util.TimeDuration;
import org.jspecify.annotations.Nullable;

/**
 * How a replica starts anew where its leader's log starts, when it was away until the entries it
 * needs were dropped. No records are copied here: the leader sends a checkpoint of what precedes
 * its first entry, and everything behind that comes by ordinary AppendEntries.
 *
 * <p>Ratis calls this installing a snapshot, and asks healthy replicas to do it too: every new
 * member once, and every follower whose appender was restarted. Those keep what they have.
 */
final class StartTransfer {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Replica replica;

  StartTransfer(Replica replica) {
    this.replica = replica;
  }

  /** On the leader: the checkpoint at which a replica may begin. */
  CompletableFuture<Message> answer(Message request) {
    return CompletableFuture.supplyAsync(
        () -> {
          Checkpoint checkpoint = checkpointOfStart();
          return Message.valueOf(UnsafeByteOperations.unsafeWrap(checkpoint.toByteArray()));
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
      return replica.checkpoints().request().thenApply(done -> replica.snapshot());
    }
    RaftPeer leader = ProtoUtils.toRaftPeer(role.getFollowerInfo().getLeaderInfo().getId());
    return CompletableFuture.supplyAsync(() -> startAnew(leader), replica.node().background());
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
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    try {
      while (replica.state().last().getIndex() < committed.getIndex()) {
        if (System.nanoTime() - deadline > 0) {
          throw new IOException(replica.name() + " does not apply " + committed);
        }
        TimeUnit.MILLISECONDS.sleep(10);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
    return replica.state().last();
  }

  private Checkpoint fetch(RaftPeer leader) throws IOException {
    RaftGroupId group = replica.member().division().memberId().getGroupId();
    try (RaftClient client =
        RaftClient.newBuilder()
            .setProperties(replica.node().ratisProperties())
            .setRaftGroup(RaftGroup.valueOf(group, leader))
            .setRetryPolicy(
                RetryPolicies.retryUpToMaximumCountWithFixedSleep(
                    20, TimeDuration.valueOf(200, TimeUnit.MILLISECONDS)))
            .build()) {
      RaftClientReply reply = client.io().sendReadOnly(Message.EMPTY, leader.getId());
      if (!reply.isSuccess()) {
        throw new IOException(reply.getException());
      }
      ByteString content = reply.getMessage().getContent();
      return Checkpoint.parseFrom(content.asReadOnlyByteBuffer());
    }
  }

  /** Ratis goes on behind what {@link #follow} returned, on the applying thread. */
  void reload() {
    replica.reload();
  }
}
