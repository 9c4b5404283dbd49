package dev.flotilla.server.network;

import java.net.InetAddress;
import java.util.Optional;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.KafkaChannel;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.KafkaPrincipalSerde;

/**
 * Who is at the other end of a connection. A principal never changes: re-authentication as somebody
 * else is refused.
 */
record Peer(
    String connectionId,
    InetAddress address,
    int port,
    KafkaPrincipal principal,
    Optional<KafkaPrincipalSerde> principalSerde,
    Listener listener) {

  /** Read by the loop that owns the channel, once the channel is ready. */
  static Peer of(KafkaChannel channel, Listener listener) {
    return new Peer(
        channel.id(),
        channel.socketAddress(),
        channel.socketPort(),
        channel.principal(),
        channel.principalSerde(),
        listener);
  }

  RequestContext context(RequestHeader header, ClientInformation client) {
    return new RequestContext(
        header,
        connectionId,
        address,
        Optional.of(port),
        principal,
        listener.name(),
        listener.protocol(),
        client,
        false,
        principalSerde);
  }
}
