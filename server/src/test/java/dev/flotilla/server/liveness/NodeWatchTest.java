package dev.flotilla.server.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.raft.PeerListener;
import dev.flotilla.raft.Voter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NodeWatchTest {

  private final MetricRegistry registry = new MetricRegistry();
  private final Map<Voter, PeerListener> watched = new HashMap<>();
  private final List<Voter> appeared = new ArrayList<>();
  private final List<Voter> gone = new ArrayList<>();
  private final NodeWatch watch =
      new NodeWatch(
          (node, listener) -> {
            assertThat(watched.put(node, listener)).isNull();
            return () -> watched.remove(node);
          },
          appeared::add,
          gone::add,
          new LivenessMetrics(registry));

  private static Voter node(int id, String peer) {
    return new Voter(peer, id, "127.0.0.1", 7000 + id);
  }

  private PeerListener listener(Voter node) {
    return Optional.ofNullable(watched.get(node)).orElseThrow();
  }

  @Test
  void shouldTellWhenANodeCanBeReachedAndWhenItNoLongerCan() {
    var second = node(2, "a");
    watch.nodes(List.of(second, node(3, "b")));

    listener(second).reachable();
    assertThat(appeared).containsExactly(second);
    assertThat(watch.reachable()).containsExactly(2);
    assertThat(gone).isEmpty();

    listener(second).unreachable("the connection broke");
    assertThat(gone).containsExactly(second);
    assertThat(watch.reachable()).isEmpty();
    assertThat(registry.counter("cluster.peers.lost").getCount()).isEqualTo(1);
  }

  @Test
  void shouldWatchEachNodeOnceAndANodeWithANewDirectoryAnew() {
    watch.nodes(List.of(node(2, "a"), node(3, "b")));
    watch.nodes(List.of(node(2, "a"), node(3, "c")));

    assertThat(watched).containsOnlyKeys(node(2, "a"), node(3, "c"));
  }

  @Test
  void shouldWatchNobodyOnceItIsClosed() {
    watch.nodes(List.of(node(2, "a")));

    watch.close();
    watch.nodes(List.of(node(2, "a")));

    assertThat(watched).isEmpty();
  }
}
