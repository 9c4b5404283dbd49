package dev.flotilla.server.config;

import java.util.Locale;

/**
 * An address in a configuration.
 *
 * @param host a name or an address; empty for every address
 * @param port 0 for any free one
 */
public record HostAndPort(String host, int port) {

  /**
   * Parses {@code HOST:PORT}; an IPv6 address stands in brackets.
   *
   * @param key whose value it is, for the message
   */
  public static HostAndPort parse(String key, String value) throws InvalidConfigException {
    int colon = value.lastIndexOf(':');
    if (colon >= 0) {
      String host = value.substring(0, colon);
      if (host.startsWith("[") && host.endsWith("]")) {
        host = host.substring(1, host.length() - 1);
      }
      try {
        int port = Integer.parseInt(value.substring(colon + 1));
        if (port >= 0 && port <= 65_535) {
          return new HostAndPort(host, port);
        }
      } catch (NumberFormatException e) {
        throw new InvalidConfigException(key + "=" + value + ": the port is no number");
      }
    }
    throw new InvalidConfigException(key + "=" + value + " is not HOST:PORT");
  }

  /** Whether it means every address of this host. */
  public boolean everywhere() {
    return host.isEmpty() || host.equals("0.0.0.0") || host.equals("::");
  }

  /** Whether a socket on one is in the way of a socket on the other. */
  boolean collidesWith(HostAndPort other) {
    return port != 0
        && port == other.port
        && (everywhere() || other.everywhere() || name().equals(other.name()));
  }

  private String name() {
    return loopback() ? "localhost" : host.toLowerCase(Locale.ROOT);
  }

  /** Whether only this host can reach it. */
  boolean loopback() {
    return host.equals("localhost") || host.startsWith("127.") || host.equals("::1");
  }

  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }
}
