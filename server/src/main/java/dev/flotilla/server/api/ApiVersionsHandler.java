package dev.flotilla.server.api;

import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.feature.Features;
import org.apache.kafka.common.feature.SupportedVersionRange;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersionCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;

/**
 * Tells clients which APIs are served and in which versions: those of the handlers it was given,
 * and its own.
 */
public final class ApiVersionsHandler implements RequestHandler {

  /** The feature that says that consumer groups of KIP-848 are served. */
  private static final String GROUP_VERSION = "group.version";

  private static final short CONSUMER_GROUPS = 1;

  // Features change with the program only, so there is one epoch.
  private static final long FEATURES_EPOCH = 0;

  /** Since this version a feature's lowest level may be 0; older clients fail to read that. */
  private static final short FEATURES_FROM_ZERO = 4;

  private final List<RequestHandler> served;

  private ApiVersionsHandler(List<? extends RequestHandler> others) {
    served = new ArrayList<>(others);
  }

  /** All handlers of a node: the given ones and the one that advertises them. */
  public static List<RequestHandler> advertising(List<? extends RequestHandler> handlers) {
    var versions = new ApiVersionsHandler(handlers);
    versions.served.add(versions);
    return List.copyOf(versions.served);
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.API_VERSIONS;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    return CompletableFuture.completedFuture(
        Answer.of(answer((ApiVersionsRequest) request.body())));
  }

  private ApiVersionsResponse answer(ApiVersionsRequest request) {
    if (request.hasUnsupportedRequestVersion()) {
      return request.getErrorResponse(0, Errors.UNSUPPORTED_VERSION.exception());
    }
    if (!request.isValid()) {
      return request.getErrorResponse(0, Errors.INVALID_REQUEST.exception());
    }
    return response(served, request.version());
  }

  /** What these handlers serve, for a client that speaks this version of ApiVersions. */
  public static ApiVersionsResponse response(List<? extends RequestHandler> served, short version) {
    var versions = new ApiVersionCollection();
    for (var handler : served) {
      versions.add(
          new ApiVersion()
              .setApiKey(handler.api().id)
              .setMinVersion(oldestAdvertised(handler))
              .setMaxVersion(handler.latestVersion()));
    }
    return new ApiVersionsResponse.Builder()
        .setApiVersions(versions)
        .setSupportedFeatures(
            Features.supportedFeatures(
                Map.of(GROUP_VERSION, new SupportedVersionRange((short) 0, CONSUMER_GROUPS))))
        .setFinalizedFeatures(Map.of(GROUP_VERSION, CONSUMER_GROUPS))
        .setFinalizedFeaturesEpoch(FEATURES_EPOCH)
        .setAlterFeatureLevel0(version < FEATURES_FROM_ZERO)
        .build();
  }

  /**
   * librdkafka disables compression and more unless Produce goes down to 0 (KAFKA-18659): what is
   * advertised there is not what is served.
   */
  private static short oldestAdvertised(RequestHandler handler) {
    return handler.api() == ApiKeys.PRODUCE
        ? ApiKeys.PRODUCE_API_VERSIONS_RESPONSE_MIN_VERSION
        : handler.oldestVersion();
  }
}
