package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.raft.CaughtUp.Follower;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CaughtUpTest {

  private static final Duration JUST_NOW = Duration.ofMillis(5);

  private long nanos = 1_000;
  private final CaughtUp caughtUp = new CaughtUp(() -> nanos);

  private Set<String> ask(int term, long committed, Follower... followers) {
    return caughtUp.among(List.of(followers), term, committed);
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  private static Follower at(String peer, long matchIndex) {
    return new Follower(peer, matchIndex, JUST_NOW);
  }

  @Test
  void shouldCountWhoHasAllThatIsCommitted() {
    assertThat(ask(1, 10, at("a", 10), at("b", 12), at("c", 9)))
        .containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void shouldCountWhoFollowsAStepBehindForEver() {
    // given a follower that has at each moment what was committed at the one before
    assertThat(ask(1, 10, at("a", 10))).containsExactly("a");
    for (int committed = 20; committed < 1000; committed += 10) {
      // when
      pass(Duration.ofSeconds(1));

      // then
      assertThat(ask(1, committed, at("a", committed - 10))).containsExactly("a");
    }
  }

  @Test
  void shouldNotCountWhoAnswersButFallsBehind() {
    // given
    assertThat(ask(1, 10, at("a", 10))).containsExactly("a");

    // when it gets entries, though fewer than are committed
    long committed = 10;
    for (Duration gone = Duration.ZERO;
        gone.compareTo(CaughtUp.LAG) < 0;
        gone = gone.plusSeconds(1)) {
      pass(Duration.ofSeconds(1));
      committed += 10;
      assertThat(ask(1, committed, at("a", 10 + (committed - 10) / 4))).containsExactly("a");
    }

    // then it counts until it had nothing of late
    pass(Duration.ofMillis(1));
    assertThat(ask(1, committed, at("a", committed - 5))).isEmpty();

    // when it has made up for it
    assertThat(ask(1, committed, at("a", committed))).containsExactly("a");
  }

  @Test
  void shouldNotCountWhoDoesNotAnswerThoughNothingWasCommitted() {
    assertThat(ask(1, 10, new Follower("a", 10, CaughtUp.LAG))).containsExactly("a");
    assertThat(ask(1, 10, new Follower("a", 10, CaughtUp.LAG.plusMillis(1)))).isEmpty();
  }

  @Test
  void shouldForgetWhatWasInAnotherTerm() {
    // given
    assertThat(ask(1, 10, at("a", 10))).containsExactly("a");

    // when this leader leads again, and knows nothing of the follower yet
    assertThat(ask(3, 12, at("a", -1))).isEmpty();
    assertThat(ask(3, 12, at("a", 11))).isEmpty();
    assertThat(ask(3, 12, at("a", 12))).containsExactly("a");
  }

  @Test
  void shouldForgetWhoLeft() {
    assertThat(ask(1, 10, at("a", 10), at("b", 10))).containsExactlyInAnyOrder("a", "b");
    assertThat(ask(1, 20, at("b", 20))).containsExactly("b");
    assertThat(ask(1, 30, at("a", 15), at("b", 30))).containsExactly("b");
  }
}
