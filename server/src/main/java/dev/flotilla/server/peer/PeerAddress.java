package dev.flotilla.server.peer;

/** Where a node answers other nodes: the address that {@code cluster.nodes} gives it. */
public record PeerAddress(String host, int port) {

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
