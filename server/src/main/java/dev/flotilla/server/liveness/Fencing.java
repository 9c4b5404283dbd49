package dev.flotilla.server.liveness;

import dev.flotilla.proto.liveness.Heartbeat;
import dev.flotilla.proto.liveness.HeartbeatAnswer;
import dev.flotilla.raft.Leadership;
import dev.flotilla.server.metadata.RegisteredNode;
import dev.flotilla.server.metadata.RegisteredNode.State;
import dev.flotilla.server.metadata.Registrations;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides, where the metadata is led, which nodes are alive: from their heartbeats, which are soft,
 * to changes of their registrations, which are logged. Any thread may call; nothing blocks.
 *
 * <p>Every node has one; it acts only while its node leads the metadata and is ready. A new leader
 * knows nobody's last heartbeat, so it gives everybody a whole session first.
 */
public final class Fencing {

  private static final Logger LOG = LoggerFactory.getLogger(Fencing.class);

  /** The term of no leader. */
  private static final int NONE = -1;

  private final Registrations registrations;
  private final Supplier<Leadership> metadata;
  private final LongSupplier nanoTime;
  private final Sessions sessions;

  // Guarded by this object.
  private int term = NONE;
  private long lastTick;
  private final Set<Integer> changing = new HashSet<>();

  /**
   * Decides nothing before the first heartbeat or tick.
   *
   * @param metadata what this node is in the metadata group
   * @param sessionTimeout a node that is not heard of for so long is fenced
   * @param tick the time between two ticks
   * @param nanoTime as {@link System#nanoTime}
   */
  public Fencing(
      Registrations registrations,
      Supplier<Leadership> metadata,
      Duration sessionTimeout,
      Duration tick,
      LongSupplier nanoTime) {
    this.registrations = registrations;
    this.metadata = metadata;
    this.nanoTime = nanoTime;
    this.sessions = new Sessions(sessionTimeout, tick.multipliedBy(2));
    this.lastTick = nanoTime.getAsLong();
  }

  /**
   * Hears a node. What it wishes is done soon, if it may; the answer says what holds now.
   *
   * @return empty if this node does not lead the metadata
   */
  public synchronized Optional<HeartbeatAnswer.State> hear(Heartbeat heartbeat) {
    if (!leads()) {
      return Optional.empty();
    }
    var found = registrations.find(heartbeat.getNodeId());
    // Its registration is committed; it may not be applied here yet.
    if (found.isEmpty() || found.get().epoch() < heartbeat.getEpoch()) {
      return Optional.of(HeartbeatAnswer.State.FENCED);
    }
    var node = found.get();
    if (node.epoch() > heartbeat.getEpoch()) {
      return Optional.of(HeartbeatAnswer.State.STALE);
    }
    sessions.heard(node.nodeId());
    var wish = wish(heartbeat.getWish(), node.state());
    if (wish != node.state()) {
      change(node, wish, "it asked for it");
    }
    return Optional.of(
        switch (node.state()) {
          case FENCED -> HeartbeatAnswer.State.FENCED;
          case SERVING -> HeartbeatAnswer.State.SERVING;
          case STOPPING -> HeartbeatAnswer.State.STOPPING;
        });
  }

  private static State wish(Heartbeat.Wish wish, State now) {
    return switch (wish) {
      case SERVE -> State.SERVING;
      case STOP -> State.STOPPING;
      case STOPPED -> State.FENCED;
      case STARTING, WISH_UNSPECIFIED, UNRECOGNIZED -> now;
    };
  }

  /** Fences who was not heard of for too long. Called again and again. */
  public synchronized void tick() {
    var now = nanoTime.getAsLong();
    var elapsed = Duration.ofNanos(now - lastTick);
    lastTick = now;
    if (!leads()) {
      return;
    }
    sessions.advance(elapsed);
    for (var node : registrations.all()) {
      if (node.state() != State.FENCED && sessions.isOver(node.nodeId())) {
        change(node, State.FENCED, "it was not heard of for the time of a session");
      }
    }
  }

  private boolean leads() {
    if (!(metadata.get() instanceof Leadership.Ready ready)) {
      term = NONE;
      return false;
    }
    if (ready.term() != term) {
      term = ready.term();
      sessions.begin();
    }
    return true;
  }

  /** One change of a node at a time: the next is decided by what this one led to. */
  private void change(RegisteredNode node, State to, String why) {
    if (!changing.add(node.nodeId())) {
      return;
    }
    LOG.info("Node {} becomes {}: {}", node.nodeId(), to, why);
    CompletableFuture<?> changed = registrations.change(node, to);
    var _ =
        changed.whenComplete((outcome, failure) -> {
          if (failure != null) {
            LOG.warn("Node {} did not become {}: trying again", node.nodeId(), to, failure);
          }
          synchronized (this) {
            changing.remove(node.nodeId());
          }
        });
  }
}
