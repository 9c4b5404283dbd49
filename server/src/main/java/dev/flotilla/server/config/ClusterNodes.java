package dev.flotilla.server.config;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The nodes that {@code cluster.nodes} names: those that keep the cluster's metadata, and where
 * they reach each other.
 *
 * @param addresses by node id, in their order; none is empty, without a port, or named twice
 */
public record ClusterNodes(Map<Integer, HostAndPort> addresses) {

  public ClusterNodes {
    addresses = new TreeMap<>(addresses);
  }

  /** Parses {@code ID@HOST:PORT} entries; empty if there are none. */
  public static Optional<ClusterNodes> parse(List<String> entries) throws InvalidConfigException {
    Map<Integer, HostAndPort> addresses = new TreeMap<>();
    Map<HostAndPort, String> named = new HashMap<>();
    for (String entry : entries) {
      int at = entry.indexOf('@');
      int id = id(entry, at);
      HostAndPort address = HostAndPort.parse(NodeKeys.CLUSTER_NODES, entry.substring(at + 1));
      if (address.everywhere()) {
        throw new InvalidConfigException(
            "cluster.nodes: " + entry + " names no host, others could not reach it");
      }
      if (address.port() == 0) {
        throw new InvalidConfigException(
            "cluster.nodes: " + entry + " names no port, it must be the same at each start");
      }
      if (addresses.put(id, address) != null) {
        throw new InvalidConfigException("cluster.nodes names node " + id + " twice");
      }
      String other = named.put(address, entry);
      if (other != null) {
        throw new InvalidConfigException(
            "cluster.nodes: " + other + " and " + entry + " are one address");
      }
    }
    return addresses.isEmpty() ? Optional.empty() : Optional.of(new ClusterNodes(addresses));
  }

  private static int id(String entry, int at) throws InvalidConfigException {
    try {
      int id = at < 0 ? -1 : Integer.parseInt(entry.substring(0, at));
      if (id >= 0) {
        return id;
      }
    } catch (NumberFormatException e) {
      throw new InvalidConfigException("cluster.nodes: " + entry + ": the id is no number");
    }
    throw new InvalidConfigException("cluster.nodes: " + entry + " is not ID@HOST:PORT");
  }

  /** Equal for equal nodes at equal addresses, whatever their order. */
  public byte[] digest() {
    try {
      return MessageDigest.getInstance("SHA-256")
          .digest(toString().getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** As in the configuration, by id. */
  @Override
  public String toString() {
    return addresses.entrySet().stream()
        .map(entry -> entry.getKey() + "@" + entry.getValue())
        .collect(Collectors.joining(","));
  }
}
