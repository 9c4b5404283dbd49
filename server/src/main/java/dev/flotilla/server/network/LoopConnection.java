package dev.flotilla.server.network;

import java.net.InetAddress;
import java.util.EnumSet;
import java.util.Set;
import org.apache.kafka.common.network.KafkaChannel;
import org.apache.kafka.common.network.NetworkReceive;
import org.apache.kafka.common.network.NetworkSend;
import org.apache.kafka.common.network.Selector;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection as its loop sees it: what is on its way out and why it is not read. Confined to the
 * loop's thread.
 *
 * <p>The selector forgets channels by itself, between two polls or while sending; it tells so after
 * its next poll. Until then whatever is done here to a forgotten channel does nothing.
 */
final class LoopConnection {

  private static final Logger log = LoggerFactory.getLogger(LoopConnection.class);

  private final Connection connection;
  private final InetAddress address;
  private final Listener listener;
  private final Selector selector;
  private final NetworkParts parts;
  private final Set<MuteReason> muted = EnumSet.noneOf(MuteReason.class);

  private boolean dispatched;
  private @Nullable Exchange sending;

  // The frame seen by the last sweep, how much of it was there, and since when no more.
  private @Nullable NetworkReceive partial;
  private int partialBytes;
  private long partialSinceMs;

  LoopConnection(
      Connection connection,
      InetAddress address,
      Listener listener,
      Selector selector,
      NetworkParts parts) {
    this.connection = connection;
    this.address = address;
    this.listener = listener;
    this.selector = selector;
    this.parts = parts;
  }

  String id() {
    return connection.id();
  }

  InetAddress address() {
    return address;
  }

  boolean isIdle() {
    return connection.inFlight() == 0;
  }

  void received(NetworkReceive frame, KafkaChannel channel) {
    if (!dispatched) {
      dispatched = true;
      var peer = Peer.of(channel, listener);
      Thread.ofVirtual()
          .name("requests-" + id())
          .start(new ConnectionDispatcher(connection, peer, parts.apis()));
    }
    parts.metrics().received(frame.size());
    connection.received(new Exchange(frame, parts.time().nanoseconds()));
    if (connection.inFlight() >= parts.config().maxInFlight()) {
      mute(MuteReason.IN_FLIGHT);
    }
  }

  /**
   * Sends the next answer, if it is known and no other is on its way.
   *
   * @return false if the connection is to be closed
   */
  boolean pump() {
    connection.look();
    while (sending == null) {
      var next = connection.nextAnswered();
      if (next == null) {
        return true;
      }
      var answer = next.answer();
      if (answer instanceof Answer.Close) {
        return false;
      }
      if (answer instanceof Answer.Response response) {
        return send(next, response);
      }
      finish(next);
    }
    return true;
  }

  /** The answer on its way left. What {@link #pump} returns. */
  boolean sent(NetworkSend send) {
    var exchange = sending;
    if (exchange != null) {
      parts.metrics().sent(send.size());
      sending = null;
      finish(exchange);
    }
    return pump();
  }

  void mute(MuteReason reason) {
    boolean first = muted.isEmpty();
    if (muted.add(reason) && first && isKnown()) {
      selector.mute(id());
    }
  }

  /** Whether the connection holds memory for a frame of which nothing has come for so long. */
  boolean isStalled(@Nullable NetworkReceive current, long nowMs) {
    if (current == null || !current.memoryAllocated() || !muted.isEmpty()) {
      partial = null;
      return false;
    }
    int bytes = current.bytesRead();
    if (!current.equals(partial) || bytes != partialBytes) {
      partial = current;
      partialBytes = bytes;
      partialSinceMs = nowMs;
    }
    return nowMs - partialSinceMs >= parts.config().stalledFrameAfter().toMillis();
  }

  /** The selector told that the channel is gone. */
  void disconnected() {
    connection.disconnected();
  }

  /** We closed the channel. */
  void closed() {
    connection.closed();
  }

  private boolean send(Exchange exchange, Answer.Response response) {
    // Nothing else is sent after a failure either: the selector will tell of it.
    sending = exchange;
    NetworkSend send;
    try {
      send = new NetworkSend(id(), exchange.send(response));
    } catch (RuntimeException e) {
      log.error("A response cannot be written: {}", exchange.request(), e);
      return false;
    }
    if (isKnown()) {
      selector.send(send);
    }
    return true;
  }

  private void finish(Exchange exchange) {
    connection.finish(exchange);
    var request = exchange.request();
    if (request != null) {
      var api = request.handler().api();
      parts.metrics().finished(api, parts.time().nanoseconds() - exchange.receivedNanos());
      if (exchange.answer() instanceof Answer.Response response) {
        parts.metrics().responded(api, response.response());
      }
    }
    if (connection.inFlight() < parts.config().maxInFlight()) {
      unmute(MuteReason.IN_FLIGHT);
    }
  }

  private void unmute(MuteReason reason) {
    if (muted.remove(reason) && muted.isEmpty() && isKnown()) {
      selector.unmute(id());
    }
  }

  private boolean isKnown() {
    return selector.channel(id()) != null || selector.closingChannel(id()) != null;
  }
}
