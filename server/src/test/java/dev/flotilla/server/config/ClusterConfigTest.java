package dev.flotilla.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterConfigTest {

  private static final String NODES = "1@host1:9192,2@host2:9192,3@host3:9192";

  private static NodeConfig config(String... settings) throws InvalidConfigException {
    Map<String, String> configured = new HashMap<>();
    for (String each : settings) {
      configured.put(each.substring(0, each.indexOf('=')), each.substring(each.indexOf('=') + 1));
    }
    return NodeConfig.of(configured);
  }

  @Test
  void shouldTakeItsAddressesFromItsOwnEntry() throws Exception {
    var config = config("node.id=2", "cluster.nodes=" + NODES);

    assertThat(config.cluster().orElseThrow()).hasToString(NODES);
    assertThat(config.raftListener()).hasToString("host2:9192");
    assertThat(config.raftAddress()).hasToString("host2:9192");
    assertThat(config.dataListener()).hasToString("host2:9193");
    assertThat(config.dataAddress()).hasToString("host2:9193");
  }

  @Test
  void shouldListenElsewhereThanItIsReached() throws Exception {
    var config =
        config(
            "node.id=2",
            "cluster.nodes=" + NODES,
            "raft.listener=0.0.0.0:9192",
            "raft.data.listener=0.0.0.0:9300");

    assertThat(config.raftListener()).hasToString("0.0.0.0:9192");
    assertThat(config.raftAddress()).hasToString("host2:9192");
    assertThat(config.dataListener()).hasToString("0.0.0.0:9300");
    assertThat(config.dataAddress()).hasToString("host2:9300");
  }

  @Test
  void shouldServeReplicasOnANetworkOfTheirOwn() throws Exception {
    var config =
        config("node.id=2", "cluster.nodes=" + NODES, "raft.data.listener=fast-host2:9300");

    assertThat(config.dataAddress()).hasToString("fast-host2:9300");
  }

  @Test
  void shouldTakeAnyFreePortAlone() throws Exception {
    var config = config();

    assertThat(config.cluster()).isEmpty();
    assertThat(config.raftListener()).hasToString("127.0.0.1:0");
    assertThat(config.dataListener()).hasToString("127.0.0.1:0");
    assertThat(config.defaultReplicationFactor()).isEqualTo(1);
  }

  @Test
  void shouldReplicateByThreeWhereThreeNodesAre() throws Exception {
    assertThat(config("node.id=1", "cluster.nodes=" + NODES).defaultReplicationFactor())
        .isEqualTo(3);
    assertThat(
            config("node.id=1", "cluster.nodes=1@host1:9192,2@host2:9192")
                .defaultReplicationFactor())
        .isEqualTo(2);
    assertThat(config("node.id=1", "cluster.nodes=" + NODES, "min.insync.replicas=2").nodeId())
        .isEqualTo(1);
  }

  @Test
  void shouldKnowEqualListsByTheirDigest() throws Exception {
    var one = ClusterNodes.parse(List.of("1@a:1", "2@b:2")).orElseThrow();
    var same = ClusterNodes.parse(List.of("2@b:2", "1@a:1")).orElseThrow();
    var other = ClusterNodes.parse(List.of("1@a:1", "2@b:3")).orElseThrow();

    assertThat(one.digest()).isEqualTo(same.digest()).isNotEqualTo(other.digest());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "host1:9192 | is not ID@HOST:PORT",
        "one@host1:9192 | the id is no number",
        "-1@host1:9192 | is not ID@HOST:PORT",
        "1@host1 | is not HOST:PORT",
        "1@:9192 | names no host",
        "1@0.0.0.0:9192 | names no host",
        "1@host1:0 | names no port",
        "1@host1:9192,1@host2:9192 | names node 1 twice",
        "1@host1:9192,2@host1:9192 | 1@host1:9192 and 2@host1:9192 are one address",
        "2@host2:9192,3@host3:9192 | does not name this node, whose id is 1",
        "1@host1:65535 | set raft.data.listener",
        "1@localhost:9092 | is the port of clients",
        "1@localhost:9091 | cannot be that of raft.data.listener",
        "1@host1:9192,2@host1:9193 | would be served at host1:9193, which is node 2's",
      })
  void shouldRefuseAListInOneLine(String nodes, String reason) {
    assertThatThrownBy(() -> config("node.id=1", "cluster.nodes=" + nodes))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining(reason.trim())
        .message()
        .doesNotContain("\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "raft.listener=host1:9999 | is not where cluster.nodes says",
        "raft.listener=127.0.0.1:9192 | is not where cluster.nodes says",
        "raft.data.listener=host1:0 | must be the same at each start",
        "raft.data.listener=host1:9192 | which is node 1's in cluster.nodes",
        "raft.data.listener=0.0.0.0:9192 | which is node 1's in cluster.nodes",
        "listeners=PLAINTEXT://:9192 | is the port of clients",
        "listeners=PLAINTEXT://:9193 | is the port of clients",
        "min.insync.replicas=3 | is more than a majority of default.replication.factor=3",
      })
  void shouldRefuseWhatContradictsTheList(String setting, String reason) {
    assertThatThrownBy(() -> config("node.id=1", "cluster.nodes=" + NODES, setting))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining(reason.trim())
        .message()
        .doesNotContain("\n");
  }

  @Test
  void shouldAskWhichOfTheNodesThisOneIs() {
    assertThatThrownBy(() -> config("cluster.nodes=" + NODES))
        .hasMessage(
            "cluster.nodes names 3 nodes and node.id is not set: say which of them this one is");
  }
}
