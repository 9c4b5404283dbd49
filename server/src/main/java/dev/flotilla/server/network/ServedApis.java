package dev.flotilla.server.network;

import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.RequestHeader;

/** The APIs a node serves, by key. Immutable. */
final class ServedApis {

  private final Map<ApiKeys, RequestHandler> handlers = new EnumMap<>(ApiKeys.class);

  /**
   * @throws IllegalArgumentException if two handlers serve one API
   */
  ServedApis(Collection<? extends RequestHandler> handlers) {
    for (var handler : handlers) {
      if (this.handlers.put(handler.api(), handler) != null) {
        throw new IllegalArgumentException("two handlers of " + handler.api());
      }
    }
  }

  Collection<RequestHandler> handlers() {
    return handlers.values();
  }

  /**
   * Reads a request out of its frame.
   *
   * <p>A request for ApiVersions in a version that nobody knows yet is accepted, as a request of
   * version 0: how a newer client learns what is spoken here.
   *
   * @throws InvalidRequestException if the API or its version is not served, or the frame does not
   *     hold what it should
   */
  RoutedRequest route(ByteBuffer frame, Peer peer, ClientInformation client) {
    var header = RequestHeader.parse(frame);
    var handler = handlers.get(header.apiKey());
    if (handler == null) {
      throw new InvalidRequestException("%s is not served".formatted(header.apiKey()));
    }
    if (header.apiKey() != ApiKeys.API_VERSIONS && !serves(handler, header.apiVersion())) {
      throw new InvalidRequestException(
          "%s is not served in version %d".formatted(header.apiKey(), header.apiVersion()));
    }
    var context = peer.context(header, client);
    return new RoutedRequest(new Request(context, context.parseRequest(frame).request), handler);
  }

  private static boolean serves(RequestHandler handler, short version) {
    return version >= handler.oldestVersion() && version <= handler.latestVersion();
  }
}
