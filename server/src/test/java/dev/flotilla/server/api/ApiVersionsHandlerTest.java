package dev.flotilla.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.ApiMessageType.ListenerType;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.junit.jupiter.api.Test;

final class ApiVersionsHandlerTest {

  private static final short LATEST = ApiKeys.API_VERSIONS.latestVersion();

  private final List<RequestHandler> served =
      ApiVersionsHandler.advertising(
          List.of(new Unhandled(ApiKeys.PRODUCE), new Unhandled(ApiKeys.INIT_PRODUCER_ID)));

  @Test
  void shouldAdvertiseWhatIsRegisteredAndNothingElse() {
    // given, when
    var keys = ApiVersionsHandler.response(served, LATEST).data().apiKeys();

    // then
    assertThat(keys)
        .extracting(key -> ApiKeys.forId(key.apiKey()))
        .containsExactlyInAnyOrder(ApiKeys.PRODUCE, ApiKeys.INIT_PRODUCER_ID, ApiKeys.API_VERSIONS);
  }

  @Test
  void shouldAdvertiseTheVersionsThatKafkaAdvertises() {
    // given
    var kafkas = ApiVersionsResponse.brokerApiVersions(ListenerType.BROKER, false, false);

    // when
    var ours = ApiVersionsHandler.response(served, LATEST).data().apiKeys();

    // then
    assertThat(ours).allSatisfy(key -> assertThat(key).isEqualTo(kafkas.find(key.apiKey())));
    assertThat(ours.find(ApiKeys.PRODUCE.id).minVersion()).isZero();
  }

  @Test
  void shouldFinalizeConsumerGroups() {
    // given, when
    var response = ApiVersionsHandler.response(served, LATEST).data();

    // then
    assertThat(response.finalizedFeatures())
        .singleElement()
        .satisfies(feature -> {
          assertThat(feature.name()).isEqualTo("group.version");
          assertThat(feature.maxVersionLevel()).isEqualTo((short) 1);
        });
    assertThat(response.finalizedFeaturesEpoch()).isNotNegative();
  }

  @Test
  void shouldSpareOldClientsFeaturesThatStartAtZero() {
    assertThat(ApiVersionsHandler.response(served, (short) 3).data().supportedFeatures()).isEmpty();
    assertThat(ApiVersionsHandler.response(served, (short) 4).data().supportedFeatures())
        .hasSize(1);
  }

  private record Unhandled(ApiKeys api) implements RequestHandler {
    @Override
    public CompletableFuture<Answer> handle(Request request) {
      return CompletableFuture.failedFuture(new UnsupportedOperationException());
    }
  }
}
