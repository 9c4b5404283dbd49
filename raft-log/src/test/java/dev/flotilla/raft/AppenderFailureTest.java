package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.ratis.grpc.server.GrpcServicesImpl;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.impl.Sending;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.leader.LogAppender;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.statemachine.StateMachine;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.CodeInjectionForTesting;
import org.apache.ratis.util.LifeCycle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Appenders that fail. Ratis starts another one, whose follower it takes for a new one, tells to
 * install a snapshot, and never counts again; or none, if the follower is no voter yet.
 */
class AppenderFailureTest {

  @TempDir Path directory;

  @AfterEach
  void sendAgain() {
    CodeInjectionForTesting.remove(GrpcServicesImpl.GRPC_SEND_SERVER_REQUEST);
  }

  @Test
  void shouldTakeEntriesFromALeaderWhoKnowsNothingOfAnInstallationThatAnotherBegan()
      throws Exception {
    boolean told = false;
    for (int attempt = 0; !told; attempt++) {
      assertThat(attempt).isLessThan(10);
      try (Pair pair = new Pair(directory.resolve("pair-" + attempt))) {
        // given a follower that has all there is, and no checkpoint of it
        pair.create();
        pair.append(3);
        pair.assertSame(3);

        // when it is told once to install a snapshot, and never asked what became of it
        told = pair.tellToInstall();

        // then
        pair.append(2);
        pair.assertSame(5);
      }
    }
  }

  @Test
  void shouldBeOpenedAgainWhenItCannotGoOnWhereItBegan() throws Exception {
    boolean told = false;
    for (int attempt = 0; !told; attempt++) {
      assertThat(attempt).isLessThan(10);
      try (Pair pair = new Pair(directory.resolve("pair-" + attempt))) {
        // given a follower that cannot pause, as one that is just being loaded again
        pair.create();
        pair.append(3);
        pair.assertSame(3);
        Replica follower = pair.replica(1 - pair.leader());
        lifeCycle(follower).transition(LifeCycle.State.PAUSING);

        // when
        told = pair.tellToInstall();

        // then
        if (told) {
          TestNodes.await("another replica", () -> isReplaced(pair, follower));
          pair.append(2);
          pair.assertSame(5);
        }
      }
    }
  }

  private static boolean isReplaced(Pair pair, Replica replica) {
    for (int node = 0; node < 2; node++) {
      if (pair.node(node).replica(pair.group).filter(replica::equals).isPresent()) {
        return false;
      }
    }
    return true;
  }

  @Test
  void shouldPauseOnceWhereItIsToldTwiceBeforeItWentOn() throws Exception {
    try (Pair pair = new Pair(directory)) {
      pair.create();
      Replica replica = pair.replica(pair.leader());
      StateMachine machine = ((RaftServer.Division) replica.member().monitor()).getStateMachine();
      machine.pause();
      machine.pause();
      assertThat(machine.getLifeCycleState()).isEqualTo(LifeCycle.State.PAUSED);
    }
  }

  private static LifeCycle lifeCycle(Replica replica) {
    RaftServer.Division division = (RaftServer.Division) replica.member().monitor();
    return ((GroupStateMachine) division.getStateMachine()).getLifeCycle();
  }

  @Test
  void shouldStepDownWhenAnAppenderFailed() throws Exception {
    stepDownAfter(new IllegalStateException("not sent, as asked"));
  }

  @Test
  void shouldStepDownWhenAnAppenderFailedByAnError() throws Exception {
    stepDownAfter(new LinkageError("not sent, as asked"));
  }

  private void stepDownAfter(Throwable failure) throws Exception {
    try (TestCluster cluster = TestCluster.campaigningWhenTold(directory, TestEngines.NAME)) {
      // given
      UUID group = cluster.createLed("t-0");
      cluster.append(group, TestBatch.of(1, 1));

      // when
      failToSend(group, cluster.voter(1), failure);
      var _ = cluster.log(0, group).append(TestBatch.of(2, 1));
      awaitStepDown(cluster, group);

      // then it can have it again, with followers that count
      cluster.awaitLeading(0, group);
      cluster.stop(2);
      cluster.append(group, TestBatch.of(3, 1));
    }
  }

  @Test
  void shouldStepDownWhenTheAppenderFailedThatFillsAVoterWhoIsAdded() throws Exception {
    try (TestCluster cluster = TestCluster.campaigningWhenTold(directory, TestEngines.NAME)) {
      // given two voters, and a third one to be
      UUID group = cluster.createLed("t-0");
      cluster.append(group, TestBatch.of(1, 1));
      Groups groups = cluster.node(0).groups();
      groups.removeVoter(group, cluster.voter(2).peerId()).get(60, TimeUnit.SECONDS);
      cluster.node(2).deleteGroup(group);
      cluster.createEmpty(2, group);

      // when
      failToSend(group, cluster.voter(2), new IllegalStateException("not sent, as asked"));
      assertThatThrownBy(() -> groups.addVoter(group, cluster.voter(2)).get(60, TimeUnit.SECONDS))
          .hasCauseInstanceOf(GroupChangeException.NotLeader.class);

      // then the next leader fills it
      cluster.awaitLeading(0, group);
      groups.addVoter(group, cluster.voter(2)).get(60, TimeUnit.SECONDS);
      cluster.stop(1);
      assertThat(cluster.append(group, TestBatch.of(2, 1)).baseOffset()).isEqualTo(1);
    }
  }

  /** The next message with entries of a group to a voter is not sent: its appender fails. */
  private static void failToSend(UUID group, Voter to, Throwable failure) {
    AtomicBoolean failed = new AtomicBoolean();
    ByteString groupId = RaftGroupId.valueOf(group).toByteString();
    ByteString peerId = ByteString.copyFromUtf8(to.peerId());
    CodeInjectionForTesting.put(
        GrpcServicesImpl.GRPC_SEND_SERVER_REQUEST,
        (local, remote, arguments) -> {
          if (arguments[0] instanceof AppendEntriesRequestProto request
              && request.getEntriesCount() > 0
              && request.getServerRequest().getRaftGroupId().getId().equals(groupId)
              && request.getServerRequest().getReplyId().equals(peerId)
              && failed.compareAndSet(false, true)) {
            throw unchecked(failure);
          }
          return false;
        });
  }

  /** Thrown, and not returned, if it is an error. */
  private static RuntimeException unchecked(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    return (RuntimeException) failure;
  }

  private static void awaitStepDown(TestCluster cluster, UUID group) throws InterruptedException {
    TestNodes.await(
        "a leader that stepped down",
        () -> cluster.log(0, group).leadership() instanceof Leadership.Following);
  }

  @Test
  void shouldMakeNoRequestOfEntriesThatTheFollowerIsSeenToHave() throws Exception {
    try (Pair pair = new Pair(directory)) {
      pair.create();
      pair.append(5);

      // given a follower that is where it was
      assertThat(requested(pair, 1).orElseThrow().getEntriesList())
          .extracting(LogEntryProto::getIndex)
          .startsWith(1L, 2L, 3L);

      // then one that is further, before or after the entries are read, is sent nothing of it
      assertThat(requested(pair, 1, 1, 4)).isEmpty();
      assertThat(requested(pair, 1, 1, 1, 100)).isEmpty();
    }
  }

  @Test
  void shouldPauseWhereNothingCanBeSentAndNotWhereSomethingCan() throws Exception {
    try (TestCluster cluster = TestCluster.campaigningWhenTold(directory, TestEngines.NAME)) {
      UUID group = cluster.createLed("t-0");
      cluster.append(group, TestBatch.of(1, 1));
      RaftServer.Division leader =
          (RaftServer.Division) cluster.node(0).replica(group).orElseThrow().member().monitor();

      // given one that has nothing to send, but no connection either
      EntryAppender appender = appender(leader, leader.getRaftLog().getNextIndex());
      assertThat(appender.newAppendEntriesRequest(1, false)).isNull();
      assertThat(appender.getWaitTimeMs()).isPositive();

      // then it goes on at once when there is something
      cluster.append(group, TestBatch.of(2, 1));
      assertThat(appender.getWaitTimeMs()).isZero();
      assertThat(appender.newAppendEntriesRequest(2, false)).isNotNull();
    }
  }

  @Test
  void shouldSendAgainToOneThatAnswersAndNotToOneThatIsGone() throws Exception {
    try (TestCluster cluster = TestCluster.campaigningWhenTold(directory, TestEngines.NAME)) {
      // given entries that a follower was sent, of which it is known to have the first
      UUID group = cluster.createLed("t-0");
      cluster.append(group, TestBatch.of(1, 1));
      cluster.append(group, TestBatch.of(2, 1));
      RaftServer.Division leader =
          (RaftServer.Division) cluster.node(0).replica(group).orElseThrow().member().monitor();
      long end = leader.getRaftLog().getNextIndex();
      long timeoutMs = leader.properties().minRpcTimeoutMs();

      // then it is sent the others again, if it answered the last heartbeat
      assertThat(nextAfterHeartbeat(leader, timeoutMs * 3 / 4, 0, end)).isEqualTo(1);
      assertThat(nextAfterHeartbeat(leader, timeoutMs, 0, end)).isEqualTo(end);
      // and not if it has all, or never said what it has
      assertThat(nextAfterHeartbeat(leader, timeoutMs * 3 / 4, end - 1, end)).isEqualTo(end);
      assertThat(nextAfterHeartbeat(leader, timeoutMs * 3 / 4, -1, end)).isEqualTo(end);
    }
  }

  private static long nextAfterHeartbeat(
      RaftServer.Division leader, long answeredAgoMs, long committed, long nextIndex)
      throws Exception {
    FollowerInfo follower =
        Sending.answered(leader, other(leader), answeredAgoMs, committed, nextIndex);
    AppendEntriesRequestProto heartbeat =
        Objects.requireNonNull(appender(leader, follower).newAppendEntriesRequest(1, false));
    assertThat(heartbeat.getEntriesCount()).isZero();
    assertThat(follower.getMatchIndex()).isEqualTo(committed);
    return follower.getNextIndex();
  }

  /** What a leader would send a follower that is seen at these next indexes, one after another. */
  private static Optional<AppendEntriesRequestProto> requested(Pair pair, long... nextIndexes)
      throws Exception {
    RaftServer.Division leader = pair.division(pair.leader());
    return Optional.ofNullable(appender(leader, nextIndexes).newAppendEntriesRequest(1, false));
  }

  private static EntryAppender appender(RaftServer.Division leader, long... nextIndexes) {
    return appender(leader, Sending.follower(leader, other(leader), nextIndexes));
  }

  private static EntryAppender appender(RaftServer.Division leader, FollowerInfo follower) {
    return new EntryAppender(
        leader, (GroupStateMachine) leader.getStateMachine(), new RequestsOnly(), follower);
  }

  private static RaftPeer other(RaftServer.Division leader) {
    return leader.getRaftConf().getAllPeers().stream()
        .filter(one -> !one.getId().equals(leader.getId()))
        .findFirst()
        .orElseThrow();
  }

  /** A leader who makes requests, and expects nothing of anybody. */
  private static final class RequestsOnly implements LeaderState {

    @Override
    public AppendEntriesRequestProto newAppendEntriesRequestProto(
        FollowerInfo follower, List<LogEntryProto> entries, TermIndex previous, long callId) {
      return AppendEntriesRequestProto.newBuilder().addAllEntries(entries).build();
    }

    @Override
    public boolean isFollowerBootstrapping(FollowerInfo follower) {
      return false;
    }

    @Override
    public boolean onFollowerTerm(FollowerInfo follower, long followerTerm) {
      return false;
    }

    @Override
    public void restart(LogAppender appender) {}

    @Override
    public void checkHealth(FollowerInfo follower) {}

    @Override
    public void onFollowerCommitIndex(FollowerInfo follower, long commitIndex) {}

    @Override
    public void onFollowerSuccessAppendEntries(FollowerInfo follower) {}

    @Override
    public void onAppendEntriesReply(LogAppender appender, AppendEntriesReplyProto reply) {}
  }
}
