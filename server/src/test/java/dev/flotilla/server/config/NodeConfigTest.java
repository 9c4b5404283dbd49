package dev.flotilla.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.FlushMode;
import java.nio.file.Path;
import java.util.Map;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeConfigTest {

  @Test
  void shouldServeLoopbackWithoutAnySetting() throws Exception {
    NodeConfig config = NodeConfig.of(Map.of());

    assertThat(config.nodeId()).isEqualTo(1);
    assertThat(config.listeners()).singleElement().hasToString(plaintext("127.0.0.1", 9092));
    assertThat(config.directory()).isEqualTo(Path.of("data").toAbsolutePath());
    assertThat(config.storageEngine()).isEqualTo("mmap");
    assertThat(config.flushMode()).isEqualTo(FlushMode.COMMIT);
    assertThat(config.withoutEffect()).isEmpty();
    assertThat(config.anyMetricsPort()).isTrue();
    assertThat(new GroupCoordinatorConfig(config.values()).offsetsTopicPartitions()).isEqualTo(4);
  }

  private static String plaintext(String host, int port) {
    return dev.flotilla.server.network.Listener.plaintext(host, port).toString();
  }

  @Test
  void shouldStartWithTheServerPropertiesOf2019() throws Exception {
    NodeConfig config =
        NodeConfig.of(
            Map.of(
                "broker.id", "7",
                "listeners", "PLAINTEXT://0.0.0.0:9092",
                "log.dirs", "/tmp/kafka-logs",
                "log.retention.hours", "168",
                "message.max.bytes", "2000000",
                "default.replication.factor", "1",
                "replica.fetch.max.bytes", "2097152",
                "zookeeper.connect", "localhost:2181",
                "num.partitions", "3"));

    assertThat(config.nodeId()).isEqualTo(7);
    assertThat(config.messageMaxBytes()).isEqualTo(2_000_000);
    assertThat(config.withoutEffect())
        .containsExactly("log.retention.hours", "replica.fetch.max.bytes");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "log.dir=a,b | log.dirs names 2 directories",
        "node.id=1 broker.id=2 | name one node differently",
        "num.partition=3 | did you mean num.partitions?",
        "completely.unheard.of.key=1 | unknown key completely.unheard.of.key",
        "num.partitions=many | num.partitions",
        "listeners=PLAINTEXT://localhost | is not HOST:PORT",
        "listeners=PLAINTEXT://localhost:port | the port is no number",
        "listeners=SSL://localhost:9093 | SSL is not served",
        "listeners=PLAINTEXT://a:1,PLAINTEXT://a:2 | names the listener PLAINTEXT twice",
        "advertised.listeners=PLAINTEXT://0.0.0.0:9092 | clients cannot connect",
        "min.insync.replicas=2 | more than a majority",
        "zookeeper.connect=zk1:2181,zk2:2181 | cluster.nodes=",
        "zookeeper.connect=zk1:2181,zk2:2181 | 1@host1:9192",
        "cluster.nodes=2@a:9192 | does not name this node",
        "storage.flush=never | storage.flush",
        "message.max.bytes=200000000 | is more than socket.request.max.bytes",
      })
  void shouldRefuseInOneLine(String settings, String reason) {
    Map<String, String> configured = new java.util.HashMap<>();
    for (String each : settings.trim().split(" ", -1)) {
      configured.put(each.substring(0, each.indexOf('=')), each.substring(each.indexOf('=') + 1));
    }

    assertThatThrownBy(() -> NodeConfig.of(configured))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining(reason.trim())
        .message()
        .doesNotContain("\n");
  }

  @Test
  void shouldHandEnginesTheirOwnSettings() throws Exception {
    NodeConfig config =
        NodeConfig.of(Map.of("storage.mmap.flushers", "4", "storage.engine", "mmap"));

    assertThat(config.engineSettings()).isEqualTo(Map.of("mmap", Map.of("flushers", "4")));
    assertThat(config.withoutEffect()).isEmpty();
  }
}
