package dev.flotilla.server.config;

import dev.flotilla.server.network.Listener;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.security.auth.SecurityProtocol;

/** Parses {@code NAME://HOST:PORT}. */
final class Listeners {

  private Listeners() {}

  static List<Listener> parse(String key, List<String> values) throws InvalidConfigException {
    List<Listener> listeners = new ArrayList<>();
    Set<String> names = new HashSet<>();
    Set<HostAndPort> addresses = new HashSet<>();
    for (String value : values) {
      int end = value.indexOf("://");
      if (end <= 0) {
        throw new InvalidConfigException(key + "=" + value + " is not NAME://HOST:PORT");
      }
      String name = value.substring(0, end).toUpperCase(Locale.ROOT);
      HostAndPort address = HostAndPort.parse(key, value.substring(end + 3));
      if (!names.add(name)) {
        throw new InvalidConfigException(key + " names the listener " + name + " twice");
      }
      if (address.port() != 0 && !addresses.add(address)) {
        throw new InvalidConfigException(key + " uses " + value.substring(end + 3) + " twice");
      }
      listeners.add(
          new Listener(
              ListenerName.normalised(name), protocol(key, name), address.host(), address.port()));
    }
    if (listeners.isEmpty()) {
      throw new InvalidConfigException(key + " names no listener");
    }
    return List.copyOf(listeners);
  }

  private static SecurityProtocol protocol(String key, String name) throws InvalidConfigException {
    if (!name.equals("PLAINTEXT")) {
      throw new InvalidConfigException(
          key + ": " + name + " is not served, in this version there is PLAINTEXT only");
    }
    return SecurityProtocol.PLAINTEXT;
  }
}
