package dev.flotilla.server.forming;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.flotilla.proto.peer.HelloAnswer;
import dev.flotilla.proto.peer.HelloAnswer.State;
import dev.flotilla.server.config.ClusterNodes;
import dev.flotilla.server.config.HostAndPort;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class VerdictTest {

  private static final ClusterNodes NODES =
      new ClusterNodes(
          Map.of(
              1, new HostAndPort("host1", 9192),
              2, new HostAndPort("host2", 9192),
              3, new HostAndPort("host3", 9192)));

  private static HelloAnswer node(int id, State state, String cluster) {
    return HelloAnswer.newBuilder()
        .setNodeId(id)
        .setPeerId(id + "-a-directory")
        .setState(state)
        .setClusterId(cluster)
        .setNodesDigest(ByteString.copyFrom(NODES.digest()))
        .build();
  }

  private static HelloAnswer empty(int id) {
    return node(id, State.EMPTY, "");
  }

  private static HelloAnswer otherList(HelloAnswer answer) {
    return answer.toBuilder().setNodesDigest(ByteString.EMPTY).build();
  }

  private static Verdict judge(HelloAnswer self, HelloAnswer... answers) {
    var present = new TreeMap<Integer, HelloAnswer>();
    for (var answer : answers) {
      present.put(answer.getNodeId(), answer);
    }
    return Verdict.ofEmpty(self, NODES, present);
  }

  @Test
  void shouldFormOnlyAsTheFirstOfAll() {
    assertThat(judge(empty(1), empty(1), empty(2), empty(3))).isEqualTo(new Verdict.Form());
    assertThat(judge(empty(1), empty(2), empty(3))).isEqualTo(new Verdict.Form());
    assertThat(judge(empty(2), empty(1), empty(2), empty(3))).isInstanceOf(Verdict.Wait.class);
  }

  @Test
  void shouldWaitForWhoeverIsMissing() {
    assertThat(judge(empty(1), empty(2))).isEqualTo(new Verdict.Wait("node 3 (host3:9192)"));
    assertThat(judge(empty(2)))
        .isEqualTo(new Verdict.Wait("node 1 (host1:9192), node 3 (host3:9192)"));
  }

  @Test
  void shouldNotFormASecondClusterBesideOneThatIsBeingFormed() {
    assertThat(judge(empty(1), node(2, State.FORMING, "A"), empty(3)))
        .isInstanceOf(Verdict.Wait.class);
  }

  @Test
  void shouldJoinAClusterThatIsFormedWhateverElseIsThere() {
    assertThat(judge(empty(1), node(2, State.FORMED, "A"))).isEqualTo(new Verdict.Join("A"));
    assertThat(judge(empty(1), otherList(node(2, State.FORMED, "A")), empty(3)))
        .isEqualTo(new Verdict.Join("A"));
  }

  @Test
  void shouldRefuseToChooseBetweenClusters() {
    assertThat(judge(empty(1), node(2, State.FORMED, "A"), node(3, State.FORMED, "B")))
        .isEqualTo(new Verdict.Refuse("cluster.nodes names nodes of different clusters: [A, B]"));
  }

  @Test
  void shouldRefuseAListThatNoMajorityHas() {
    assertThat(judge(empty(1), otherList(empty(2)))).isInstanceOf(Verdict.Refuse.class);
    assertThat(judge(empty(1), otherList(empty(2)), otherList(empty(3))))
        .isInstanceOf(Verdict.Refuse.class);
  }

  @Test
  void shouldWaitForTheOneWhoseListDiffersFromThatOfAMajority() {
    assertThat(judge(empty(1), empty(2), otherList(empty(3)))).isInstanceOf(Verdict.Wait.class);
  }

  @Test
  void shouldRefuseWhenAnotherDirectoryAnswersForIt() {
    var other = empty(1).toBuilder().setPeerId("1-another-directory").build();

    assertThat(judge(empty(1), other, empty(2)))
        .isEqualTo(
            new Verdict.Refuse(
                "another node 1, with another data directory, answers at host1:9192"));
  }

  @Test
  void shouldRefuseANodeInAnothersPlace() {
    assertThat(Verdict.ofEmpty(empty(1), NODES, Map.of(2, empty(3))))
        .isEqualTo(
            new Verdict.Refuse("cluster.nodes has node 2 at host2:9192, where node 3 answers"));
  }

  @Test
  void shouldGiveWayOnlyToMoreNodesOfAnotherCluster() {
    var self = node(3, State.FORMED, "B");

    assertThat(Verdict.outnumbered(self, Map.of(1, node(1, State.FORMED, "A")))).isEmpty();
    assertThat(
            Verdict.outnumbered(
                self, Map.of(1, node(1, State.FORMED, "A"), 2, node(2, State.FORMED, "A"))))
        .hasValue(
            "the data directory of node 3 is of cluster B, other nodes are of cluster A: node 1, 2");
    assertThat(
            Verdict.outnumbered(
                node(1, State.FORMED, "A"),
                Map.of(2, node(2, State.FORMED, "A"), 3, node(3, State.FORMED, "B"))))
        .isEmpty();
  }
}
