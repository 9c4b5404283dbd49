package dev.flotilla.server.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;

/** Where the nodes of a cluster serve their status: each describes its {@code metrics.listener}. */
final class StatusAddresses {

  private static final String METRICS = "metrics.listener";

  private StatusAddresses() {}

  /** Nobody could be asked; the message is one line. */
  static final class UnreachableException extends Exception {
    private static final long serialVersionUID = 1;

    UnreachableException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * The addresses of all nodes that serve clients.
   *
   * @throws IllegalArgumentException if the bootstrap servers are none
   */
  static List<String> of(String bootstrap, Duration patience)
      throws UnreachableException, InterruptedException {
    int patienceMs = (int) patience.toMillis();
    Map<String, Object> config =
        Map.of(
            CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG,
            bootstrap,
            CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG,
            patienceMs,
            CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG,
            2 * patienceMs);
    try (Admin admin = Admin.create(config)) {
      Collection<Node> nodes = admin.describeCluster(new DescribeClusterOptions()).nodes().get();
      List<String> addresses = new ArrayList<>();
      for (Node node : nodes) {
        addresses.add(address(admin, node));
      }
      return addresses;
    } catch (ExecutionException e) {
      throw new UnreachableException(bootstrap + ": " + e.getMessage(), e);
    } catch (KafkaException e) {
      throw new IllegalArgumentException("--bootstrap " + bootstrap + " names no server", e);
    }
  }

  /** A node that does not describe itself in time is named by its clients' address. */
  private static String address(Admin admin, Node node) throws InterruptedException {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.BROKER, node.idString());
    try {
      Config described = admin.describeConfigs(List.of(resource)).all().get().get(resource);
      ConfigEntry listener = described == null ? null : described.get(METRICS);
      if (listener != null && listener.value() != null) {
        int colon = listener.value().lastIndexOf(':');
        String host = listener.value().substring(0, colon);
        return (host.isEmpty() || host.equals("0.0.0.0") ? node.host() : host)
            + listener.value().substring(colon);
      }
    } catch (ExecutionException e) {
      return node.host() + ":" + node.port();
    }
    return node.host() + ":" + node.port();
  }
}
