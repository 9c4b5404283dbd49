package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.proto.RepairMark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.server.protocol.TermIndex;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two voters, of which one finds its log damaged. */
class RepairTest {

  @TempDir Path directory;

  private Pair pair;

  @BeforeEach
  void start() throws IOException {
    pair = new Pair(directory);
  }

  @AfterEach
  void close() {
    pair.close();
  }

  @Test
  void shouldFillTheDamagedLogOfAFollowerFromItsLeader() throws Exception {
    // given
    pair.create();
    pair.append(20);
    int leader = pair.leader();
    int damaged = 1 - leader;
    pair.stop(damaged);
    pair.damageLog(damaged);

    // when, while the leader still counts on what it once sent
    pair.start(damaged);
    pair.open(damaged);

    // then
    pair.awaitRepaired(damaged);
    pair.append(1);
    pair.assertSame(21);
  }

  @Test
  void shouldFillTheDamagedLogOfAFormerLeaderThatHeldMoreThanTheOther() throws Exception {
    // given a leader with an entry that the other one never got, and that was never committed
    pair.create();
    pair.append(20);
    int damaged = pair.leader();
    int other = 1 - damaged;
    pair.stop(other);
    CompletableFuture<Appended> lost = pair.log(damaged).append(TestBatch.of(99, 7)).future();
    TestNodes.await("the entry on the leader", () -> pair.log(damaged).logEndOffset() == 27);
    pair.stop(damaged);
    assertThat(lost).isCompletedExceptionally();
    pair.damageLog(damaged);

    // when
    pair.start(damaged);
    pair.open(damaged);
    pair.start(other);
    pair.open(other);

    // then the other one leads, and nothing that was acknowledged is missing
    pair.awaitRepaired(damaged);
    pair.append(1);
    pair.assertSame(21);
  }

  @Test
  void shouldRepairWhatIsFoundDamagedWhileItRuns() throws Exception {
    // given
    pair.create();
    pair.append(20);
    int damaged = pair.leader();
    pair.replica(damaged).member().damaged("as asked", new AssertionError("as asked"));
    TestNodes.await("the damage", () -> !pair.witness(damaged).damages.isEmpty());

    // when its owner opens it again
    pair.open(damaged);

    // then
    pair.awaitRepaired(damaged);
    pair.append(1);
    pair.assertSame(21);
  }

  @Test
  void shouldBeginWhereTheLogOfTheOtherBegins() throws Exception {
    // given
    pair.create();
    pair.append(20);
    int leader = pair.leader();
    pair.log(leader).moveLogStart(12).get(60, TimeUnit.SECONDS);
    pair.append(2);
    int damaged = 1 - leader;
    pair.stop(damaged);
    pair.damageLog(damaged);

    // when
    pair.start(damaged);
    pair.open(damaged);

    // then
    pair.awaitRepaired(damaged);
    assertThat(pair.log(damaged).logStartOffset()).isEqualTo(12);
    pair.append(1);
    pair.assertSame(23);
  }

  @Test
  void shouldFinishARepairThatACrashInterruptedAtAnyStep() throws Exception {
    pair.create();
    int damaged = 0;
    int records = 0;
    for (int done = 0; done <= steps(damaged); done++) {
      // given that only so many steps were done
      pair.append(5);
      records += 5;
      pair.stop(damaged);
      pair.damageLog(damaged);
      int crashAt = done;
      pair.inDirectory(
          damaged,
          (replica, engines) -> {
            RepairMark mark =
                Repair.begin(replica, new ReplicaQuarantinedException("damaged for a test"));
            for (Repair.Step step : Repair.steps(replica, engines, mark).subList(0, crashAt)) {
              step.run();
            }
          });

      // when
      pair.start(damaged);
      pair.open(damaged);

      // then
      pair.awaitRepaired(damaged);
      pair.assertSame(records);
    }
    assertThat(records).isGreaterThan(5 * 6);
  }

  private int steps(int node) throws Exception {
    int[] steps = new int[1];
    pair.stop(node);
    pair.inDirectory(
        node,
        (replica, engines) ->
            steps[0] = Repair.steps(replica, engines, RepairMark.getDefaultInstance()).size());
    pair.start(node);
    pair.open(node);
    return steps[0];
  }

  @Test
  void shouldNeitherLeadNorVoteForLessWhileItIsRepairedAlsoAfterARestart() throws Exception {
    // given a damaged log, and nobody who could fill it
    pair.create();
    pair.append(20);
    int damaged = pair.leader();
    int other = 1 - damaged;
    pair.stop(damaged);
    pair.stop(other);
    TermIndex held = pair.checkpointed(damaged);
    pair.damageLog(damaged);
    for (int round = 0; round < 2; round++) {
      // when
      pair.start(damaged);
      pair.open(damaged);
      pair.node(damaged).campaign(pair.group);
      Replica replica = pair.replica(damaged);
      long term = replica.stored().votes().current().term();

      // then it knows what it held
      assertThat(replica.probation().lasts()).isTrue();
      assertThat(replica.probation().ruleFor(held)).isEqualTo(VoteRule.BY_WHAT_WAS_HELD);
      assertThat(replica.probation().ruleFor(TermIndex.valueOf(held.getTerm() + 1, 0)))
          .isEqualTo(VoteRule.BY_WHAT_WAS_HELD);
      assertThat(
              replica.probation().ruleFor(TermIndex.valueOf(held.getTerm(), held.getIndex() - 1)))
          .isEqualTo(VoteRule.REFUSED);

      // and asks nobody for a vote, its own included, however long nobody leads
      TestNodes.await("no leader", () -> pair.division(damaged).getInfo().isCandidate());
      assertThat(replica.stored().votes().current().term()).isEqualTo(term);
      assertThat(replica.stored().votes().current().votedFor()).isNull();
      pair.stop(damaged);
    }
    pair.start(damaged);
    pair.open(damaged);
    pair.start(other);
    pair.open(other);
    pair.awaitRepaired(damaged);
    pair.append(1);
    pair.assertSame(21);
  }

  @Test
  void shouldNotVoteForACandidateThatHasLess() throws Exception {
    // given a damaged log, and nobody who could fill it
    pair.create();
    pair.append(20);
    int damaged = 0;
    pair.stop(1);
    pair.stop(damaged);
    TermIndex held = pair.checkpointed(damaged);
    pair.damageLog(damaged);
    pair.start(damaged);
    pair.open(damaged);
    long term = pair.replica(damaged).stored().votes().current().term();

    // then who has less is not even heard
    for (boolean preVote : new boolean[] {true, false}) {
      assertThatThrownBy(() ->
              pair.askForVote(1, damaged, term + 5, preVote, TermIndex.valueOf(held.getTerm(), 3)))
          .hasStackTraceContaining("is being repaired");
    }
    assertThat(pair.replica(damaged).stored().votes().current().term()).isEqualTo(term);

    // and who has enough gets the vote
    assertThat(pair.askForVote(1, damaged, term + 5, true, held)).isTrue();
    assertThat(pair.askForVote(1, damaged, term + 5, false, held)).isTrue();
    assertThat(pair.replica(damaged).stored().votes().current().votedFor())
        .isEqualTo(pair.voters().get(1).peerId());
    assertThat(pair.replica(damaged).probation().lasts()).isTrue();
  }

  @Test
  void shouldLeaveBothAloneWhenBothAreDamaged() throws Exception {
    // given
    pair.create();
    pair.append(20);
    for (int node = 0; node < 2; node++) {
      pair.stop(node);
      pair.damageLog(node);
    }

    // when
    for (int node = 0; node < 2; node++) {
      pair.start(node);
      pair.open(node);
    }
    for (int node = 0; node < 2; node++) {
      pair.node(node).campaign(pair.group);
      int waiting = node;
      TestNodes.await("no leader", () -> pair.division(waiting).getInfo().isCandidate());
    }

    // then neither leads with nothing
    for (int node = 0; node < 2; node++) {
      assertThat(pair.log(node).leadership()).isInstanceOf(Leadership.Following.class);
      assertThat(pair.log(node).highWatermark()).isZero();
    }
  }

  @Test
  void shouldStayAsideWithoutAVoteOrACheckpoint() throws Exception {
    pair.create();
    pair.append(5);
    int damaged = 1 - pair.leader();
    pair.stop(damaged);
    pair.damageLog(damaged);
    Path files = pair.directory(damaged).resolve("replicas").resolve(pair.group.toString());
    pair.start(damaged);

    // then
    byte[] vote = Files.readAllBytes(files.resolve("vote"));
    Files.write(files.resolve("vote"), new byte[vote.length]);
    pair.assertQuarantined(damaged, "damaged");
    Files.write(files.resolve("vote"), vote);

    byte[] mark = new byte[100];
    Files.write(files.resolve("repair"), mark);
    pair.assertQuarantined(damaged, "repair is damaged");
    Files.delete(files.resolve("repair"));

    for (int number = 0; number < 2; number++) {
      Path checkpoint = files.resolve("checkpoint-" + number);
      if (Files.exists(checkpoint)) {
        Files.write(checkpoint, new byte[10]);
      }
    }
    pair.assertQuarantined(damaged, "damaged");
    assertThat(files.resolve("repair")).doesNotExist();
  }

  @Test
  void shouldSayThatNobodyCanFillTheOnlyReplica() throws Exception {
    RaftNodeConfig config = TestNodes.config(directory.resolve("lone"), 7, 0, "mmap");
    UUID group = UUID.randomUUID();
    try (RaftNode node = TestNodes.start(config)) {
      ReplicatedLog log =
          node.createLog(group, "t-0", List.of(node.self()), new CountingState(), new Quiet());
      TestNodes.await("a leader", () -> log.leadership() instanceof Leadership.Ready);
      log.append(TestBatch.of(1, 1)).future().get(60, TimeUnit.SECONDS);
    }
    Pair.damageLogs(directory.resolve("lone"));
    try (RaftNode node = TestNodes.start(config)) {
      assertThatThrownBy(() -> node.openLog(group, "t-0", new CountingState(), new Quiet()))
          .isInstanceOf(ReplicaQuarantinedException.class)
          .hasMessageContaining("it is the only replica");
    }
  }

  @Test
  void shouldKeepTheVotersOfAGroupOfTwo() throws Exception {
    pair.create();
    int leader = pair.leader();
    Groups groups = pair.node(leader).groups();
    assertThatThrownBy(() ->
            groups
                .removeVoter(pair.group, pair.voters().get(1 - leader).peerId())
                .get(60, TimeUnit.SECONDS))
        .hasCauseInstanceOf(GroupChangeException.Refused.class);
    assertThat(groups.voters(pair.group)).hasSize(2);
  }
}
