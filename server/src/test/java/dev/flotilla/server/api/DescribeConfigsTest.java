package dev.flotilla.server.api;

import static dev.flotilla.server.testing.SingleNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.testing.InMemoryCommandLog;
import dev.flotilla.server.testing.SingleNode;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.DescribeConfigsResponse;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DescribeConfigsTest {

  private static final short NEWEST = ApiKeys.DESCRIBE_CONFIGS.latestVersion();

  private final SingleNode node =
      new SingleNode(
          new InMemoryCommandLog.Stored(),
          Map.of("log.retention.hours", "2", "ssl.key.password", "secret", "made.up", "x"));

  @BeforeEach
  void createTopic() {
    var topic =
        new CreatableTopic().setName("orders").setNumPartitions(1).setReplicationFactor((short) 1);
    topic.configs().add(new CreatableTopicConfig().setName("segment.bytes").setValue("1048576"));
    await(node.topicCreation().create(topic));
  }

  @AfterEach
  void close() {
    node.close();
  }

  static Stream<Short> versions() {
    return Calls.versions(ApiKeys.DESCRIBE_CONFIGS);
  }

  private DescribeConfigsResult describe(
      ConfigResource.Type type, String name, @Nullable List<String> keys, short version) {
    var data =
        new DescribeConfigsRequestData()
            .setIncludeSynonyms(true)
            .setIncludeDocumentation(version >= 3);
    data.resources()
        .add(
            new DescribeConfigsResource()
                .setResourceType(type.id())
                .setResourceName(name)
                .setConfigurationKeys(keys));
    return Calls.call(
            new DescribeConfigsHandler(
                node.metadata(), SingleNode.NODE_ID, node.settings(), node.topicConfigs()),
            new DescribeConfigsRequest.Builder(data).build(version),
            DescribeConfigsResponse.class)
        .data()
        .results()
        .getFirst();
  }

  private static DescribeConfigsResourceResult entry(DescribeConfigsResult result, String name) {
    return result.configs().stream()
        .filter(config -> config.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @MethodSource("versions")
  void shouldDescribeEverySettingOfATopicInEveryVersion(short version) {
    var result = describe(ConfigResource.Type.TOPIC, "orders", null, version);

    assertThat(result.errorCode()).isEqualTo(Errors.NONE.code());
    assertThat(result.configs())
        .extracting(DescribeConfigsResourceResult::name)
        .containsAll(LogConfig.nonInternalConfigNames())
        .contains("storage.engine");
    var set = entry(result, "segment.bytes");
    assertThat(set.value()).isEqualTo("1048576");
    assertThat(set.configSource()).isEqualTo(ConfigSource.TOPIC_CONFIG.id());
    assertThat(set.readOnly()).isFalse();
    assertThat(entry(result, "cleanup.policy").configSource())
        .isEqualTo(ConfigSource.DEFAULT_CONFIG.id());
    assertThat(entry(result, "cleanup.policy").value()).isEqualTo("delete");
    if (version >= 3) {
      assertThat(set.documentation()).isNotEmpty();
      assertThat(set.configType()).isEqualTo((byte) 3);
    }
  }

  @Test
  void shouldShowTheNodesSettingBehindATopics() {
    var result = describe(ConfigResource.Type.TOPIC, "orders", List.of("retention.ms"), NEWEST);

    assertThat(result.configs()).hasSize(1);
    var retention = entry(result, "retention.ms");
    assertThat(retention.value()).isEqualTo("7200000");
    assertThat(retention.configSource()).isEqualTo(ConfigSource.STATIC_BROKER_CONFIG.id());
    assertThat(retention.synonyms())
        .extracting(DescribeConfigsSynonym::name, DescribeConfigsSynonym::value)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("log.retention.hours", "2"),
            org.assertj.core.groups.Tuple.tuple("log.retention.hours", "168"));
  }

  @ParameterizedTest
  @MethodSource("versions")
  void shouldDescribeTheNodeInEveryVersion(short version) {
    var result = describe(ConfigResource.Type.BROKER, "1", null, version);

    assertThat(result.errorCode()).isEqualTo(Errors.NONE.code());
    assertThat(entry(result, "num.partitions").value()).isEqualTo("3");
    assertThat(entry(result, "num.partitions").readOnly()).isTrue();
    assertThat(entry(result, "log.retention.hours").configSource())
        .isEqualTo(ConfigSource.STATIC_BROKER_CONFIG.id());
  }

  @Test
  void shouldNotShowSecrets() {
    var result = describe(ConfigResource.Type.BROKER, "1", null, NEWEST);

    for (var name : List.of("ssl.key.password", "made.up")) {
      assertThat(entry(result, name).isSensitive()).isTrue();
      assertThat(entry(result, name).value()).isNull();
      assertThat(entry(result, name).synonyms())
          .allSatisfy(synonym -> assertThat(synonym.value()).isNull());
    }
  }

  @Test
  void shouldDescribeAGroup() {
    var result = describe(ConfigResource.Type.GROUP, "a-group", null, NEWEST);

    assertThat(entry(result, "consumer.session.timeout.ms").value()).isEqualTo("45000");
  }

  @Test
  void shouldRefuseWhatThereIsNot() {
    assertThat(describe(ConfigResource.Type.TOPIC, "no-such", null, NEWEST).errorCode())
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    assertThat(describe(ConfigResource.Type.TOPIC, "a/b", null, NEWEST).errorCode())
        .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION.code());
    assertThat(describe(ConfigResource.Type.BROKER, "2", null, NEWEST).errorCode())
        .isEqualTo(Errors.INVALID_REQUEST.code());
    assertThat(describe(ConfigResource.Type.BROKER, "one", null, NEWEST).errorCode())
        .isEqualTo(Errors.INVALID_REQUEST.code());
    assertThat(describe(ConfigResource.Type.GROUP, "", null, NEWEST).errorCode())
        .isEqualTo(Errors.INVALID_REQUEST.code());
    assertThat(describe(ConfigResource.Type.UNKNOWN, "x", null, NEWEST).errorCode())
        .isEqualTo(Errors.INVALID_REQUEST.code());
  }

  @Test
  void shouldShowNothingSetForAllNodes() {
    var result = describe(ConfigResource.Type.BROKER, "", null, NEWEST);

    assertThat(result.errorCode()).isEqualTo(Errors.NONE.code());
    assertThat(result.configs()).isEmpty();
  }
}
