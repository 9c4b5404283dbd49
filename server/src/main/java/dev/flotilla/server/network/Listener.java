package dev.flotilla.server.network;

import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.security.auth.SecurityProtocol;

/**
 * Where clients connect to.
 *
 * @param name what configuration calls it, {@code PLAINTEXT} for instance
 * @param protocol how bytes and identities are protected on it
 * @param host the address bound; empty binds every address
 * @param port the port bound; 0 lets the system choose one
 */
public record Listener(ListenerName name, SecurityProtocol protocol, String host, int port) {

  /** A listener that is called like its protocol. */
  public static Listener plaintext(String host, int port) {
    var protocol = SecurityProtocol.PLAINTEXT;
    return new Listener(ListenerName.forSecurityProtocol(protocol), protocol, host, port);
  }
}
