package dev.flotilla.server.status;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ClusterStatusTest {

  private static final Status.PartitionState LEADERLESS =
      new Status.PartitionState("lines", 2, Status.NOBODY, List.of(1, 2), List.of());
  private static final Status.PartitionState BEHIND =
      new Status.PartitionState("lines", 1, 1, List.of(1, 2), List.of(1));

  @Test
  void shouldBeHealthyWhenEveryNodeAnswersAndNothingIsMissing() {
    ClusterStatus status = ClusterStatus.of(List.of(answer(1, 7), answer(2, 7)), List.of());

    assertThat(status.problems()).isEmpty();
    assertThat(status.healthy()).isTrue();
    assertThat(status.text())
        .contains("metadata led by node 1", "node 2  host2:9092  alive", "all is well");
  }

  @Test
  void shouldNameWhoIsFencedSilentOrNotReady() {
    Status.NodeState fenced = new Status.NodeState(2, List.of("host2:9092"), "", true);
    Status seen = answer(1, 7, List.of(node(1), fenced, node(3)), List.of(), List.of());
    Status starting = Status.of(4, "starting");

    ClusterStatus status = ClusterStatus.of(List.of(starting, seen), List.of("host3:9644"));

    assertThat(status.problems())
        .containsExactly(
            "no answer from host3:9644",
            "node 2: fenced",
            "node 3: no answer",
            "node 4: not ready: starting");
  }

  @Test
  void shouldTakePartitionsFromTheNewestMetadata() {
    Status old = answer(1, 6, List.of(node(1), node(2)), List.of(LEADERLESS), List.of());
    Status newer = answer(2, 7, List.of(node(1), node(2)), List.of(), List.of(BEHIND));

    ClusterStatus status = ClusterStatus.of(List.of(newer, old), List.of());

    assertThat(status.leaderless()).isEmpty();
    assertThat(status.underReplicated()).containsExactly(BEHIND);
    assertThat(status.problems()).containsExactly("1 partitions under-replicated");
    assertThat(status.text()).contains("lines-1: led by 1, caught up [1] of [1, 2]");
  }

  @Test
  void shouldJoinTheStepOfARebuildWithItsReason() {
    Status.ReplicaState step = new Status.ReplicaState("lines", 1, 2, "wiped", "");
    Status.ReplicaState reason =
        new Status.ReplicaState("lines", 1, 2, Status.QUARANTINED, "its store is missing");

    ClusterStatus status =
        ClusterStatus.of(
            List.of(withImpaired(answer(1, 7), step), withImpaired(answer(2, 7), reason)),
            List.of());

    assertThat(status.impaired())
        .containsExactly(new Status.ReplicaState("lines", 1, 2, "wiped", "its store is missing"));
    assertThat(status.healthy()).isFalse();
  }

  @Test
  void shouldReadWhatItWritesAndOverlookWhatItDoesNotKnow() {
    Status status = answer(1, 7, List.of(node(1)), List.of(LEADERLESS), List.of(BEHIND));

    assertThat(Status.parse(status.json())).contains(status);
    assertThat(Status.parse(status.json().replaceFirst("\\{", "{\"later\": [1],")))
        .contains(status);
    assertThat(Status.parse("<html>")).isEmpty();
  }

  private static Status answer(int node, long index) {
    return answer(node, index, List.of(node(1), node(2)), List.of(), List.of());
  }

  private static Status answer(
      int node,
      long index,
      List<Status.NodeState> nodes,
      List<Status.PartitionState> leaderless,
      List<Status.PartitionState> behind) {
    return new Status(node, "c", "", 1, index, nodes, 3, leaderless, behind, List.of());
  }

  private static Status.NodeState node(int id) {
    return new Status.NodeState(id, List.of("host" + id + ":9092"), "", false);
  }

  private static Status withImpaired(Status status, Status.ReplicaState impaired) {
    return new Status(
        status.node(),
        status.clusterId(),
        status.notReady(),
        status.metadataLeader(),
        status.metadataIndex(),
        status.nodes(),
        status.partitions(),
        status.leaderless(),
        status.underReplicated(),
        List.of(impaired));
  }
}
