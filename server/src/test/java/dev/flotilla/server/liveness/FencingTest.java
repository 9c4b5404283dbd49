package dev.flotilla.server.liveness;

import static dev.flotilla.server.testing.SingleNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.proto.liveness.Heartbeat;
import dev.flotilla.proto.liveness.Heartbeat.Wish;
import dev.flotilla.proto.liveness.HeartbeatAnswer;
import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.metadata.RegisteredNode;
import dev.flotilla.server.metadata.RegisteredNode.State;
import dev.flotilla.server.metadata.Registrations;
import dev.flotilla.server.metadata.Registrations.Registration;
import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.SingleNode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sessions of 9 s, looked at every 500 ms, on a clock that the test moves. */
class FencingTest {

  private static final Duration TICK = Duration.ofMillis(500);
  private static final Duration SESSION = Duration.ofSeconds(9);
  private static final Uuid DIRECTORY = new Uuid(2, 2);

  private final SingleNode node = new SingleNode();
  private final Registrations registrations = new Registrations(node.metadata());
  private Leadership leadership = new Leadership.Ready(1);
  private Duration now = Duration.ZERO;
  private final Fencing fencing =
      new Fencing(registrations, () -> leadership, SESSION, TICK, () -> now.toNanos());

  @BeforeEach
  void register() {
    register(2);
  }

  @AfterEach
  void close() {
    node.close();
  }

  private void register(int nodeId) {
    var registration =
        new Registration(
            new Voter(nodeId + "-peer", nodeId, "127.0.0.1", 7000),
            DIRECTORY,
            Optional.empty(),
            List.of(),
            Uuid.randomUuid(),
            State.FENCED);
    await(registrations.register(registration, Duration.ZERO));
  }

  private RegisteredNode registered(int nodeId) {
    return registrations.find(nodeId).orElseThrow();
  }

  private Optional<HeartbeatAnswer.State> beat(int nodeId, Wish wish) {
    return beat(nodeId, wish, registered(nodeId).epoch());
  }

  private Optional<HeartbeatAnswer.State> beat(int nodeId, Wish wish, long epoch) {
    return fencing.hear(
        Heartbeat.newBuilder().setNodeId(nodeId).setEpoch(epoch).setWish(wish).build());
  }

  private void reach(int nodeId, Wish wish, State state) {
    Await.until(() -> {
      beat(nodeId, wish);
      return registered(nodeId).state() == state;
    });
  }

  /** Lets time go by with a look every 500 ms, and a word of node 1. */
  private void pass(Duration time) {
    for (var passed = Duration.ZERO; passed.compareTo(time) < 0; passed = passed.plus(TICK)) {
      now = now.plus(TICK);
      beat(1, Wish.SERVE);
      fencing.tick();
    }
  }

  /** One change of a node at a time: it may take another look until the one before is over. */
  private void awaitFenced(int nodeId) {
    Await.until(() -> {
      fencing.tick();
      return registered(nodeId).state() == State.FENCED;
    });
  }

  @Test
  void shouldUnfenceANodeThatServesAndFenceOneThatHasStopped() {
    assertThat(beat(2, Wish.STARTING)).contains(HeartbeatAnswer.State.FENCED);
    assertThat(registered(2).state()).isEqualTo(State.FENCED);

    reach(2, Wish.SERVE, State.SERVING);
    assertThat(beat(2, Wish.SERVE)).contains(HeartbeatAnswer.State.SERVING);

    reach(2, Wish.STOP, State.STOPPING);
    assertThat(beat(2, Wish.STOP)).contains(HeartbeatAnswer.State.STOPPING);

    reach(2, Wish.STOPPED, State.FENCED);
    assertThat(beat(2, Wish.STOPPED)).contains(HeartbeatAnswer.State.FENCED);
  }

  @Test
  void shouldFenceANodeThatIsNotHeardOfForASessionAndUnfenceItWhenItIs() {
    reach(2, Wish.SERVE, State.SERVING);

    pass(SESSION.minus(TICK));
    assertThat(registered(2).state()).isEqualTo(State.SERVING);

    pass(TICK.multipliedBy(2));
    awaitFenced(2);
    assertThat(registered(1).state()).isEqualTo(State.SERVING);

    reach(2, Wish.SERVE, State.SERVING);
  }

  @Test
  void shouldNotCountTheTimeInWhichItWasDeafItself() {
    reach(2, Wish.SERVE, State.SERVING);
    pass(TICK);

    now = now.plus(Duration.ofMinutes(5));
    fencing.tick();

    pass(SESSION.minus(TICK.multipliedBy(4)));
    assertThat(registered(2).state()).isEqualTo(State.SERVING);
  }

  @Test
  void shouldGiveEverybodyAWholeSessionWhenItBeginsToLead() {
    reach(2, Wish.SERVE, State.SERVING);
    pass(SESSION.minus(TICK));

    leadership = new Leadership.Following(2, Optional.of(3));
    pass(SESSION);
    leadership = new Leadership.Ready(3);
    pass(SESSION.minus(TICK));

    assertThat(registered(2).state()).isEqualTo(State.SERVING);
    pass(TICK.multipliedBy(2));
    awaitFenced(2);
  }

  @Test
  void shouldGiveEverybodyAWholeSessionWhenItLeadsAnewWithoutNoticingThatItDidNot() {
    reach(2, Wish.SERVE, State.SERVING);
    pass(SESSION.minus(TICK));

    leadership = new Leadership.Ready(2);
    pass(SESSION.minus(TICK));

    assertThat(registered(2).state()).isEqualTo(State.SERVING);
  }

  @Test
  void shouldDecideNothingWhereTheMetadataIsNotLed() {
    leadership = new Leadership.NotReady(1);
    assertThat(beat(2, Wish.SERVE)).isEmpty();

    leadership = new Leadership.Following(1, Optional.of(2));
    assertThat(beat(2, Wish.SERVE)).isEmpty();
    pass(SESSION.multipliedBy(2));

    assertThat(registered(1).state()).isEqualTo(State.SERVING);
    assertThat(registered(2).state()).isEqualTo(State.FENCED);
  }

  @Test
  void shouldRefuseTheWordOfAnIncarnationThatWasSuperseded() {
    var older = registered(2).epoch();
    register(2);

    assertThat(beat(2, Wish.SERVE, older)).contains(HeartbeatAnswer.State.STALE);
    assertThat(beat(2, Wish.STOPPED, older)).contains(HeartbeatAnswer.State.STALE);
    assertThat(registered(2).state()).isEqualTo(State.FENCED);
    reach(2, Wish.SERVE, State.SERVING);
    assertThat(beat(2, Wish.STOPPED, older)).contains(HeartbeatAnswer.State.STALE);
    assertThat(registered(2).state()).isEqualTo(State.SERVING);
  }

  @Test
  void shouldNotRefuseARegistrationThatIsNotAppliedHereYet() {
    assertThat(beat(2, Wish.SERVE, registered(2).epoch() + 100))
        .contains(HeartbeatAnswer.State.FENCED);
    assertThat(beat(7, Wish.SERVE, 1)).contains(HeartbeatAnswer.State.FENCED);
  }
}
