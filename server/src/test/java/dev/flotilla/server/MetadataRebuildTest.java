package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.raft.Voter;
import dev.flotilla.server.MetadataClusterUnderTest.CrashAt;
import dev.flotilla.server.MetadataClusterUnderTest.FirstCrash;
import dev.flotilla.server.forming.Failpoints.Step;
import dev.flotilla.server.metadata.ProducerIds;
import dev.flotilla.server.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A node whose metadata is damaged becomes a voter again by itself. */
@Timeout(180)
class MetadataRebuildTest {

  private static final List<Integer> IDS = List.of(1, 2, 3);

  @TempDir Path root = Path.of("");

  private MetadataClusterUnderTest cluster = new MetadataClusterUnderTest(root, 0);

  @BeforeEach
  void form() {
    cluster = new MetadataClusterUnderTest(root, 3);
    IDS.forEach(cluster::start);
    IDS.forEach(cluster::get);
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  /** What is done to the files of a node. */
  enum Damage {
    LOG_ZEROED(".segment", Change.ZEROED),
    LOG_FLIPPED(".segment", Change.FLIPPED),
    LOG_DELETED("/engines/", Change.DELETED),
    LOG_CUT(".segment", Change.CUT),
    VOTE_DELETED("/vote", Change.DELETED),
    VOTE_ZEROED("/vote", Change.ZEROED),
    VOTE_CUT("/vote", Change.CUT),
    DESCRIPTOR_DELETED("/descriptor", Change.DELETED),
    DESCRIPTOR_FLIPPED("/descriptor", Change.FLIPPED),
    ALL_DELETED("", Change.DELETED);

    private enum Change {
      ZEROED,
      FLIPPED,
      CUT,
      DELETED
    }

    /** What the path of a file contains to which it is done. */
    private final String where;

    private final Change change;

    Damage(String where, Change change) {
      this.where = where;
      this.change = change;
    }

    void doTo(Path metadata) throws IOException {
      List<Path> files;
      try (var all = Files.walk(metadata)) {
        files =
            all.filter(Files::isRegularFile)
                .filter(file -> file.toString().contains(where))
                .toList();
      }
      assertThat(files).isNotEmpty();
      for (var file : files) {
        var content = Files.readAllBytes(file);
        switch (change) {
          case ZEROED -> Files.write(file, new byte[content.length]);
          case FLIPPED -> {
            for (var i = 0; i < Math.min(content.length, 4096); i++) {
              content[i] = (byte) ~content[i];
            }
            Files.write(file, content);
          }
          case CUT -> Files.write(file, new byte[0]);
          case DELETED -> Files.delete(file);
        }
      }
    }
  }

  private int follower() {
    var leader = cluster.leader();
    return IDS.stream().filter(id -> id != leader).findFirst().orElseThrow();
  }

  private List<String> voters(int through) {
    return cluster.get(through).group().voters().stream().map(Voter::peerId).sorted().toList();
  }

  private void changeMetadata(int through) {
    MetadataClusterUnderTest.await(
        new ProducerIds(cluster.get(through).metadata(), through).next());
  }

  /** All vote as before, and the one that was damaged counts. */
  private void assertRebuilt(int id, List<String> before) {
    changeMetadata(id);
    for (var each : IDS) {
      Await.until(() -> voters(each).equals(before));
    }
    assertThat(cluster.directory(id).resolve("metadata.rebuild")).doesNotExist();
    var leader = cluster.leader();
    IDS.stream().filter(each -> each != id && each != leader).findFirst().ifPresent(cluster::stop);
    changeMetadata(id);
  }

  @ParameterizedTest
  @EnumSource(
      value = Damage.class,
      names = {"LOG_ZEROED", "VOTE_DELETED", "ALL_DELETED"})
  void shouldVoteAgainWhenItsMetadataIsDamaged(Damage damage) throws IOException {
    damageAndStart(damage);
  }

  @ParameterizedTest
  @EnumSource(
      value = Damage.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"LOG_ZEROED", "VOTE_DELETED", "ALL_DELETED"})
  @EnabledIfSystemProperty(named = "flotilla.tests", matches = "long")
  void shouldVoteAgainWhateverElseIsDamaged(Damage damage) throws IOException {
    damageAndStart(damage);
  }

  private void damageAndStart(Damage damage) throws IOException {
    var damaged = follower();
    var before = voters(damaged);
    changeMetadata(damaged);
    cluster.stop(damaged);
    damage.doTo(cluster.directory(damaged).resolve("metadata"));
    var steps = new CopyOnWriteArrayList<Step>();

    cluster.start(damaged, steps::add);

    assertRebuilt(damaged, before);
    assertThat(steps)
        .containsExactly(
            Step.DAMAGE_RECORDED,
            Step.LEFT,
            Step.WIPED,
            Step.EMPTY_RECORDED,
            Step.REPLICA_STARTED,
            Step.SETTLED);
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"LEFT", "EMPTY_RECORDED"})
  void shouldGoOnAfterItCrashed(Step step) throws Exception {
    crashAndGoOn(step);
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"DAMAGE_RECORDED", "WIPED", "REPLICA_STARTED", "SETTLED"})
  @EnabledIfSystemProperty(named = "flotilla.tests", matches = "long")
  void shouldGoOnAfterItCrashedAtTheOtherSteps(Step step) throws Exception {
    crashAndGoOn(step);
  }

  private void crashAndGoOn(Step step) throws Exception {
    var damaged = follower();
    var before = voters(damaged);
    cluster.stop(damaged);
    Damage.LOG_ZEROED.doTo(cluster.directory(damaged).resolve("metadata"));
    var crash = new CrashAt(step);
    cluster.start(damaged, crash);
    crash.await();
    cluster.stop(damaged);

    cluster.start(damaged);

    assertRebuilt(damaged, before);
  }

  @Test
  void shouldGoOnWithAnotherLeader() throws Exception {
    crashLeaderAndGoOn(Step.DAMAGED_VOTER_REMOVED);
  }

  @Test
  @EnabledIfSystemProperty(named = "flotilla.tests", matches = "long")
  void shouldGoOnWithAnotherLeaderThatHasAddedIt() throws Exception {
    crashLeaderAndGoOn(Step.VOTER_ADDED);
  }

  private void crashLeaderAndGoOn(Step step) throws Exception {
    var damaged = follower();
    var before = voters(damaged);
    var crash = new FirstCrash(step);
    cluster.stop(damaged);
    Damage.LOG_ZEROED.doTo(cluster.directory(damaged).resolve("metadata"));
    for (var id : IDS) {
      if (id != damaged) {
        cluster.stop(id);
      }
    }
    for (var id : IDS) {
      if (id != damaged) {
        cluster.start(id, crash.of(id));
      }
    }
    cluster.start(damaged);
    var leader = crash.await();
    cluster.stop(leader);
    cluster.start(leader);

    assertRebuilt(damaged, before);
  }

  @Test
  void shouldBeginAgainWhenItIsDamagedOnceMore() throws Exception {
    var damaged = follower();
    var before = voters(damaged);
    cluster.stop(damaged);
    Damage.VOTE_ZEROED.doTo(cluster.directory(damaged).resolve("metadata"));
    var crash = new CrashAt(Step.SETTLED);
    cluster.start(damaged, crash);
    crash.await();
    cluster.stop(damaged);
    Damage.VOTE_DELETED.doTo(cluster.directory(damaged).resolve("metadata"));
    Files.write(cluster.directory(damaged).resolve("metadata.rebuild"), new byte[3]);

    cluster.start(damaged);

    assertRebuilt(damaged, before);
  }

  @Test
  void shouldLeaveWhatIsDamagedAloneUntilItMayLeave() throws Exception {
    // given that the others are too few to take it away
    var damaged = follower();
    var before = voters(damaged);
    var leader = cluster.leader();
    var other = IDS.stream().filter(id -> id != damaged && id != leader).findFirst().orElseThrow();
    cluster.stop(damaged);
    cluster.stop(other);
    var metadata = cluster.directory(damaged).resolve("metadata");
    Damage.VOTE_ZEROED.doTo(metadata);
    var recorded = new CrashAt(Step.DAMAGE_RECORDED);
    cluster.start(damaged, recorded);
    recorded.await();
    cluster.stop(damaged);
    cluster.start(damaged);

    // then nothing of it is wiped
    Await.until(() -> cluster.lines().stream().anyMatch(line -> line.contains("waits")));
    try (var files = Files.walk(metadata)) {
      assertThat(files.filter(file -> file.endsWith("vote"))).hasSize(1);
    }

    // when they are enough again
    cluster.start(other);

    // then it goes on
    assertRebuilt(damaged, before);
  }

  @Test
  void shouldSayThatOneOfTwoIsToBePutBack() throws IOException {
    var two = new MetadataClusterUnderTest(root.resolve("two"), 2);
    try (two) {
      List.of(1, 2).forEach(two::start);
      List.of(1, 2).forEach(two::get);
      two.stop(2);
      Damage.VOTE_DELETED.doTo(two.directory(2).resolve("metadata"));

      two.start(2);

      assertThat(two.refusal(2)).hasMessageContaining("damaged").hasMessageContaining("of 2 nodes");
    }
  }
}
