package dev.flotilla.server.network;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.internals.BrokerSecurityConfigs;

/**
 * Limits and sizes of the network.
 *
 * @param threads loops for each listener
 * @param backlog connections that may wait to be accepted
 * @param sendBufferBytes of a socket; not above 0 leaves it to the system
 * @param receiveBufferBytes of a socket; not above 0 leaves it to the system
 * @param maxFrameBytes a request announced larger than this costs its connection
 * @param requestMemoryBytes memory of all requests between their frame and the end of their
 *     handling; a frame is admitted while any of it is left
 * @param maxIdle a connection without traffic for this long is closed; negative never
 * @param maxConnections further ones wait to be accepted
 * @param maxConnectionsPerIp further ones are closed at once
 * @param maxInFlight requests of one connection that are received and not answered; at this number
 *     the connection is not read
 * @param stalledFrameAfter while request memory is exhausted, a connection that holds some and has
 *     sent nothing of its frame for this long is closed
 * @param poll how long a loop waits for something to happen until it looks after its connections
 * @param drain how long a stop waits for requests in flight
 * @param channels what Kafka's channel builders read: keys of {@link BrokerSecurityConfigs}, with
 *     listener prefixes
 */
public record NetworkConfig(
    int threads,
    int backlog,
    int sendBufferBytes,
    int receiveBufferBytes,
    int maxFrameBytes,
    long requestMemoryBytes,
    Duration maxIdle,
    int maxConnections,
    int maxConnectionsPerIp,
    int maxInFlight,
    Duration stalledFrameAfter,
    Duration poll,
    Duration drain,
    AbstractConfig channels) {

  /** Enough for five requests in flight of a Java producer, and for clients that pipeline more. */
  public static final int MAX_IN_FLIGHT = 16;

  /** Long beyond any pause of a client that is alive. */
  public static final Duration STALLED_FRAME_AFTER = Duration.ofSeconds(10);

  /** As Kafka's loops. */
  public static final Duration POLL = Duration.ofMillis(300);

  /** As long as a fetch waits by default, and what a commit may take on a busy disk. */
  public static final Duration DRAIN = Duration.ofSeconds(3);

  /** Kafka's defaults, and a quarter of the heap for requests. */
  public static NetworkConfig defaults() {
    return new NetworkConfig(
        3,
        50,
        100 * 1024,
        100 * 1024,
        100 * 1024 * 1024,
        Math.max(Runtime.getRuntime().maxMemory() / 4, 64 << 20),
        Duration.ofMinutes(10),
        Integer.MAX_VALUE,
        Integer.MAX_VALUE,
        MAX_IN_FLIGHT,
        STALLED_FRAME_AFTER,
        POLL,
        DRAIN,
        new AbstractConfig(BrokerSecurityConfigs.CONFIG_DEF, Map.of(), false));
  }
}
