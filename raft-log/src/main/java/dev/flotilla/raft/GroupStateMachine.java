package dev.flotilla.raft;

import dev.flotilla.proto.ReplicaKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.exceptions.StateMachineException;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.impl.RaftLogInstaller;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;

/**
 * What Ratis calls on a group: passes it on to the {@link Replica}.
 *
 * <p>Nothing here may fail or block: Ratis calls while it holds the group's monitor, or on the one
 * thread that applies.
 */
final class GroupStateMachine extends BaseStateMachine {

  private final Replica replica;
  private final StartTransfer transfer;

  /** The term of the last applied configuration. Touched by the applying thread only. */
  private long configurationTerm;

  GroupStateMachine(Replica replica) {
    this.replica = replica;
    this.transfer = new StartTransfer(replica);
  }

  @Override
  public void initialize(RaftServer server, RaftGroupId group, RaftStorage storage)
      throws IOException {
    getLifeCycle()
        .startAndTransition(
            () -> {
              super.initialize(server, group, storage);
              replica.install(RaftLogInstaller.of(server, group));
            },
            IOException.class);
  }

  /** Whether the group's log is one of commands, on which all its nodes act. */
  boolean ofCommands() {
    return replica.stored().descriptor().getKind() == ReplicaKind.COMMAND_LOG;
  }

  /** What entries that are no longer in memory are read by. */
  ColdReads coldReads() {
    return replica.node().coldReads();
  }

  /** If it leads its group, it does so no longer. */
  void stepDown() {
    replica.member().division().stepDown();
  }

  /** The group did not start: closes what had begun of it. */
  void abandon() throws IOException {
    close();
    replica.member().abandon();
  }

  @Override
  public TermIndex getLastAppliedTermIndex() {
    return replica.state().last();
  }

  /** In memory: Ratis asks with every message. */
  @Override
  public @Nullable SnapshotInfo getLatestSnapshot() {
    TermIndex at = replica.snapshot();
    return at == null ? null : new WithoutFiles(at);
  }

  private record WithoutFiles(TermIndex at) implements SnapshotInfo {

    @Override
    public TermIndex getTermIndex() {
      return at;
    }

    @Override
    public List<FileInfo> getFiles() {
      return List.of();
    }
  }

  // Appending, on the leader.

  @Override
  public TransactionContext startTransaction(RaftClientRequest request) {
    TransactionContext.Builder builder =
        TransactionContext.newBuilder().setStateMachine(this).setClientRequest(request);
    if (!(request.getMessage() instanceof EntryMessage message)) {
      return builder.setLogData(request.getMessage().getContent()).build();
    }
    TransactionContext context =
        builder.setLogData(ByteString.EMPTY).setStateMachineContext(message.entry()).build();
    String refusal = refusal(message.entry());
    return refusal == null ? context : context.setException(new IOException(refusal));
  }

  /**
   * Under the group's monitor: the last check before the entry is appended. A leader that refuses
   * an entry of an earlier term stays the leader.
   */
  @Override
  public TransactionContext preAppendTransaction(TransactionContext transaction)
      throws IOException {
    if (transaction.getStateMachineContext() instanceof BuiltEntry entry) {
      String refusal = refusal(entry);
      if (refusal != null) {
        throw new StateMachineException(
            replica.member().division().memberId(), new IOException(refusal), false);
      }
    }
    return transaction;
  }

  /** An entry goes into the log of the term, and at the offset, that it was built for. */
  private @Nullable String refusal(BuiltEntry entry) {
    long term = replica.member().division().currentTerm();
    long endOffset = replica.memory().tail().endOffset();
    return entry.term() == term && entry.baseOffset() == endOffset
        ? null
        : "built for offset %d in term %d, the log ends at %d in term %d"
            .formatted(entry.baseOffset(), entry.term(), endOffset, term);
  }

  // Applying.

  @Override
  public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
    ByteString answer = UnsafeByteOperations.unsafeWrap(replica.apply(transaction.getLogEntry()));
    return CompletableFuture.completedFuture(Message.valueOf(answer));
  }

  @Override
  public void notifyConfigurationChanged(
      long term, long index, RaftConfigurationProto configuration) {
    configurationTerm = term;
    replica
        .state()
        .configuration(
            LogEntryProto.newBuilder()
                .setTerm(term)
                .setIndex(index)
                .setConfigurationEntry(configuration)
                .build());
  }

  @Override
  public void notifyTermIndexUpdated(long term, long index) {
    replica.applyPlace(term, index);
  }

  // Leadership.

  /** How a candidate may be answered whose log ends with an entry. */
  VoteRule voteRule(TermIndex candidateLast) {
    return replica.probation().ruleFor(candidateLast);
  }

  @Override
  public void notifyLeaderChanged(RaftGroupMemberId member, RaftPeerId leader) {
    replica.member().leaderChanged(leader);
  }

  /** Follows the {@link #notifyConfigurationChanged} of the leader's first entry. */
  @Override
  public void notifyLeaderReady() {
    replica.member().leadership().ready(configurationTerm);
  }

  @Override
  public void notifyNotLeader(Collection<TransactionContext> pendingEntries) {
    replica.member().leadership().lost();
  }

  // Catching up from a leader whose log begins later.

  /** On the leader: the encoded checkpoint at which a replica may begin. */
  CompletableFuture<ByteBuffer> checkpoint() {
    return transfer.answer();
  }

  @Override
  public CompletableFuture<TermIndex> notifyInstallSnapshotFromLeader(
      RoleInfoProto role, TermIndex firstInLog) {
    return transfer.follow(role, firstInLog.getIndex());
  }

  /** Twice before the applying thread goes on is once. */
  @Override
  public void pause() {
    if (getLifeCycleState() == LifeCycle.State.PAUSED) {
      return;
    }
    getLifeCycle().transition(LifeCycle.State.PAUSING);
    getLifeCycle().transition(LifeCycle.State.PAUSED);
  }

  /** Called by the applying thread, which goes on behind what is the newest snapshot then. */
  @Override
  public void reinitialize() {
    getLifeCycle().transition(LifeCycle.State.STARTING);
    transfer.reload();
    getLifeCycle().transition(LifeCycle.State.RUNNING);
  }

  @Override
  public void close() {
    getLifeCycle().checkStateAndClose(replica::stopping);
  }
}
