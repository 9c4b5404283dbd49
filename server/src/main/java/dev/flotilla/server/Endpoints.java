package dev.flotilla.server;

import dev.flotilla.server.config.NodeConfig;
import dev.flotilla.server.network.Listener;
import dev.flotilla.server.network.ListeningSockets;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Endpoint;

/** What clients are told of a node's listeners. */
final class Endpoints {

  private Endpoints() {}

  /**
   * Each bound listener as it is advertised: as configured, else as bound, with the port that the
   * system chose; a listener on every address with this host's name.
   */
  static List<Listener> of(NodeConfig config, ListeningSockets sockets) throws IOException {
    List<Listener> endpoints = new ArrayList<>();
    for (Listener bound : config.listeners()) {
      Listener told = bound;
      for (Listener advertised : config.advertisedListeners()) {
        if (advertised.name().equals(bound.name())) {
          told = advertised;
        }
      }
      boolean everywhere = told.host().isEmpty() || told.host().equals("0.0.0.0");
      String host = everywhere ? InetAddress.getLocalHost().getCanonicalHostName() : told.host();
      int port = told.port() == 0 ? sockets.port(bound.name().value()) : told.port();
      endpoints.add(new Listener(bound.name(), bound.protocol(), host, port));
    }
    return List.copyOf(endpoints);
  }

  /** The same in Kafka's words. */
  static List<Endpoint> registered(List<Listener> endpoints) {
    return endpoints.stream()
        .map(each -> new Endpoint(each.name().value(), each.protocol(), each.host(), each.port()))
        .toList();
  }

  static String text(Listener endpoint) {
    return endpoint.name().value() + "://" + endpoint.host() + ":" + endpoint.port();
  }
}
