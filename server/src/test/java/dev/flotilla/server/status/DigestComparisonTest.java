package dev.flotilla.server.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.status.DigestComparison.Difference;
import dev.flotilla.server.status.DigestComparison.Source;
import dev.flotilla.server.status.Digests.ReplicaDigest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class DigestComparisonTest {

  @Test
  void shouldCompareWhereAllReplicasHaveComeTo() {
    // given the second replica holds other records at 3, which the third has not reached
    var comparison =
        DigestComparison.of(
            List.of(
                node(1, "lines", "a", "b", "c", "d"),
                node(2, "lines", "a", "b", "c", "x"),
                node(3, "lines", "a", "b")));

    assertThat(comparison.agrees()).isTrue();
    assertThat(comparison.compared()).isEqualTo(1);
    assertThat(comparison.replicas()).isEqualTo(3);
    assertThat(comparison.text())
        .isEqualTo("1 partitions, 3 replicas compared%nall of them agree%n".formatted());
  }

  @Test
  void shouldFindTheReplicaThatDiffers() {
    var comparison =
        DigestComparison.of(
            List.of(
                node(1, "lines", "a", "b", "c"),
                node(2, "lines", "a", "x", "y"),
                node(3, "lines", "a", "b", "c", "d")));

    assertThat(comparison.differences())
        .containsExactly(
            new Difference("lines", 0, 1, new TreeMap<>(Map.of(1, "b", 2, "x", 3, "b"))));
    assertThat(comparison.text()).contains("lines-0 differs from index 1 on", "{b=[1, 3], x=[2]}");
  }

  @Test
  void shouldNameTheFirstEntryAtWhichReplicasDiffer() {
    for (int first = 0; first < 40; first++) {
      // given
      String[] one = new String[40];
      String[] other = new String[45];
      for (int i = 0; i < other.length; i++) {
        other[i] = i < first ? "same " + i : "other " + i;
        if (i < one.length) {
          one[i] = "same " + i;
        }
      }

      // when
      var comparison = DigestComparison.of(List.of(node(1, "t", one), node(2, "t", other)));

      // then
      assertThat(comparison.differences())
          .extracting(Difference::index)
          .containsExactly((long) first);
    }
  }

  @Test
  void shouldNameTheFirstEntryThatIsKeptWhereTheDifferenceIsBeforeIt() {
    var comparison =
        DigestComparison.of(
            List.of(
                node(1, "lines", "", "", "", "d", "e", "f"),
                node(2, "lines", "a", "x", "y", "z", "u", "v")));

    assertThat(comparison.differences()).extracting(Difference::index).containsExactly(3L);
  }

  @Test
  void shouldSayWhatCannotBeCompared() {
    // given the log of the first begins behind what the second has
    var comparison =
        DigestComparison.of(
            List.of(
                node(1, "short", "", "", "c"),
                node(2, "short", "a", "b"),
                node(3, "single", "a"),
                silent()));

    assertThat(comparison.compared()).isZero();
    assertThat(comparison.alone()).containsExactly("single-0");
    assertThat(comparison.incomparable()).containsExactly("short-0");
    assertThat(comparison.agrees()).isTrue();
  }

  /** A node with one replica; the digests of its entries by index, empty where one is gone. */
  private static Source node(int id, String topic, String... digests) {
    return new Source() {
      @Override
      public Optional<Digests> newest() {
        return at(topic, 0, digests.length - 1).map(last -> new Digests(id, List.of(last)));
      }

      @Override
      public Optional<ReplicaDigest> at(String asked, int partition, long index) {
        return Optional.of(digests[(int) index])
            .filter(digest -> !digest.isEmpty())
            .map(digest -> new ReplicaDigest(topic, 0, index, 9, digest));
      }
    };
  }

  private static Source silent() {
    return new Source() {
      @Override
      public Optional<Digests> newest() {
        return Optional.empty();
      }

      @Override
      public Optional<ReplicaDigest> at(String topic, int partition, long index) {
        throw new AssertionError("not asked what it has not named");
      }
    };
  }
}
