package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.network.RawClient;
import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.NodeUnderTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersionCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every version of every request that a node advertises is served. */
@Timeout(180)
final class EveryVersionTest {

  private static final String TOPIC = "spoken";

  /** What this node is for; more would be advertised without being served. */
  private static final Set<ApiKeys> SERVED =
      EnumSet.of(
          ApiKeys.PRODUCE,
          ApiKeys.FETCH,
          ApiKeys.LIST_OFFSETS,
          ApiKeys.METADATA,
          ApiKeys.OFFSET_COMMIT,
          ApiKeys.OFFSET_FETCH,
          ApiKeys.FIND_COORDINATOR,
          ApiKeys.JOIN_GROUP,
          ApiKeys.HEARTBEAT,
          ApiKeys.LEAVE_GROUP,
          ApiKeys.SYNC_GROUP,
          ApiKeys.DESCRIBE_GROUPS,
          ApiKeys.LIST_GROUPS,
          ApiKeys.API_VERSIONS,
          ApiKeys.CREATE_TOPICS,
          ApiKeys.DELETE_TOPICS,
          ApiKeys.INIT_PRODUCER_ID,
          ApiKeys.OFFSET_FOR_LEADER_EPOCH,
          ApiKeys.DESCRIBE_CONFIGS,
          ApiKeys.DELETE_GROUPS,
          ApiKeys.OFFSET_DELETE,
          ApiKeys.DESCRIBE_CLUSTER,
          ApiKeys.CONSUMER_GROUP_HEARTBEAT,
          ApiKeys.CONSUMER_GROUP_DESCRIBE,
          ApiKeys.DESCRIBE_TOPIC_PARTITIONS);

  @TempDir static Path directory;
  private static NodeUnderTest node;
  private static PlausibleRequests requests;

  @BeforeAll
  static void startNode() throws IOException {
    node = NodeUnderTest.start(directory, Map.of());
    requests = new PlausibleRequests(TOPIC, node.createTopic(TOPIC));
    findCoordinator();
  }

  /** The first request for a coordinator creates its topic. */
  private static void findCoordinator() {
    short latest = ApiKeys.OFFSET_COMMIT.latestVersion(false);
    Await.until(() -> {
      try {
        short version = ApiKeys.FIND_COORDINATOR.latestVersion(false);
        node.call(requests.of(ApiKeys.FIND_COORDINATOR, version));
        return node.call(requests.of(ApiKeys.OFFSET_COMMIT, latest))
            .errorCounts()
            .keySet()
            .equals(Set.of(Errors.NONE));
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    });
  }

  @AfterAll
  static void stopNode() {
    node.close();
  }

  @Test
  void shouldAdvertiseTheStableVersionsOfKafkaForWhatItServes() throws IOException {
    // given, when
    var advertised = advertised();

    // then
    assertThat(advertised)
        .extracting(range -> ApiKeys.forId(range.apiKey()))
        .containsExactlyInAnyOrderElementsOf(SERVED);
    assertThat(advertised)
        .allSatisfy(range -> {
          ApiKeys api = ApiKeys.forId(range.apiKey());
          // Kafka tells clients 0 as well: librdkafka wants to see it.
          assertThat(range.minVersion())
              .isEqualTo(api == ApiKeys.PRODUCE ? 0 : api.oldestVersion());
          assertThat(range.maxVersion()).isEqualTo(api.latestVersion(false));
        });
  }

  @TestFactory
  Stream<DynamicTest> shouldServeEveryVersion() throws IOException {
    return advertised().stream()
        .map(range -> ApiKeys.forId(range.apiKey()))
        .sorted()
        .flatMap(api ->
            IntStream.rangeClosed(api.oldestVersion(), api.latestVersion(false))
                .mapToObj(version ->
                    DynamicTest.dynamicTest(
                        api.name + " v" + version, () -> shouldServe(api, (short) version))));
  }

  private static void shouldServe(ApiKeys api, short version) throws IOException {
    // given
    if (api == ApiKeys.DELETE_TOPICS) {
      node.createTopic(PlausibleRequests.ownTopic(api, version));
    } else if (api == ApiKeys.OFFSET_DELETE) {
      node.call(requests.of(ApiKeys.OFFSET_COMMIT, ApiKeys.OFFSET_COMMIT.latestVersion(false)));
    }
    try (RawClient client = node.connect()) {
      // when
      int sent = client.send(NodeUnderTest.request(requests.of(api, version), version), version);
      AbstractResponse response = client.receive(api, version, sent);

      // then
      assertThat(response.errorCounts().keySet())
          .isEqualTo(PlausibleRequests.expected(api, version));
      int next = client.send(NodeUnderTest.request(apiVersions()));
      assertThat(client.receive(ApiKeys.API_VERSIONS, next).errorCounts())
          .containsOnlyKeys(Errors.NONE);
    }
  }

  private static ApiVersionCollection advertised() throws IOException {
    return ((ApiVersionsResponseData) node.call(apiVersions()).data()).apiKeys();
  }

  private static ApiVersionsRequestData apiVersions() {
    return new ApiVersionsRequestData().setClientSoftwareName("raw").setClientSoftwareVersion("1");
  }
}
