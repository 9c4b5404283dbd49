package dev.flotilla.server.metadata;

import dev.flotilla.proto.metadata.Broker;
import dev.flotilla.proto.metadata.Entity;
import dev.flotilla.proto.metadata.RaftPeer;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.metadata.RegisteredNode.State;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.image.MetadataImage;

/**
 * The registrations of nodes, and what becomes of them. Any thread may call; nothing blocks.
 *
 * <p>A node id belongs to the last incarnation that registered with it. Another data directory gets
 * it only while it is fenced; the same directory at once, since one process at a time holds a
 * directory's lock, and so the one before is gone.
 */
public final class Registrations {

  private static final String PREFIX = "broker/";

  private final Metadata metadata;

  public Registrations(Metadata metadata) {
    this.metadata = metadata;
  }

  /**
   * What a node says of itself when it starts.
   *
   * @param data this node as a voter of data groups
   * @param directory the id of its data directory
   * @param endpoints how clients reach it, by listener
   * @param state what it begins as: {@link State#SERVING} where nobody listens to heartbeats
   */
  public record Registration(
      Voter data,
      Uuid directory,
      Optional<String> rack,
      Collection<Endpoint> endpoints,
      Uuid incarnation,
      State state) {

    private Broker broker() {
      var broker =
          Broker.newBuilder()
              .setNodeId(data.nodeId())
              .setIncarnationId(EntityKey.bytes(incarnation))
              .setDirectoryId(EntityKey.bytes(directory))
              .setRack(rack.orElse(""))
              .setFenced(state == State.FENCED)
              .setDataPeer(
                  RaftPeer.newBuilder()
                      .setPeerId(data.peerId())
                      .setHost(data.host())
                      .setPort(data.port()));
      for (var endpoint : endpoints) {
        broker.addEndpoints(
            Broker.Endpoint.newBuilder()
                .setListener(endpoint.listener())
                .setHost(endpoint.host())
                .setPort(endpoint.port())
                .setSecurityProtocol(endpoint.securityProtocol().id));
      }
      return broker.build();
    }
  }

  /** All nodes that ever registered, by id. */
  public List<RegisteredNode> all() {
    return metadata.startingWith(PREFIX).values().stream()
        .filter(stored -> stored.entity().hasBroker())
        .map(RegisteredNode::of)
        .toList();
  }

  public Optional<RegisteredNode> find(int nodeId) {
    return metadata.find(EntityKey.broker(nodeId)).map(RegisteredNode::of);
  }

  /**
   * Registers a node anew, in the place of its registration before. Completes when the image shows
   * it. Fails with an {@link IllegalStateException} if another directory's node has the id and is
   * alive, or was not yet missed for so long that it is fenced.
   *
   * @param patience how long such a node may take to be fenced
   */
  public CompletableFuture<Outcome> register(Registration wanted, Duration patience) {
    var key = EntityKey.broker(wanted.data().nodeId());
    var before = metadata.find(key);
    if (before.isPresent() && isTaken(RegisteredNode.of(before.get()), wanted)) {
      return free(wanted, patience).thenCompose(image -> register(wanted, patience));
    }
    var command =
        new Commands()
            .expect(key, before.map(EntityChange.Stored::version).orElse(0L))
            .put(Entity.newBuilder().setBroker(wanted.broker()).build());
    return metadata
        .submitUntilDecided(command.build())
        .thenCompose(outcome ->
            switch (outcome) {
              case Outcome.Done done -> CompletableFuture.completedFuture(done);
              // Fenced, or registered by somebody else, just now: look again.
              case Outcome.Conflict conflict -> register(wanted, patience);
            });
  }

  private static boolean isTaken(RegisteredNode holder, Registration wanted) {
    return holder.state() != State.FENCED && !holder.directory().equals(wanted.directory());
  }

  private CompletableFuture<MetadataImage> free(Registration wanted, Duration patience) {
    var id = wanted.data().nodeId();
    var free =
        metadata.when(image -> find(id).map(holder -> !isTaken(holder, wanted)).orElse(true));
    return free.orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS)
        .exceptionally(failure -> {
          var late =
              failure instanceof TimeoutException || failure.getCause() instanceof TimeoutException;
          throw late
              ? new IllegalStateException(
                  "node %d is alive, with another data directory: a node's id is its own"
                      .formatted(id))
              : new CompletionException(failure);
        });
  }

  /** Moves a node to a state, unless its registration has changed since it was looked at. */
  public CompletableFuture<Outcome> change(RegisteredNode node, State to) {
    var key = EntityKey.broker(node.nodeId());
    var stored = metadata.find(key).filter(present -> present.version() == node.version());
    if (stored.isEmpty()) {
      return CompletableFuture.completedFuture(new Outcome.Conflict(node.version(), List.of(key)));
    }
    var before = stored.get().entity().getBroker();
    var after = before.toBuilder().setEpoch(epoch(stored.get()));
    switch (to) {
      case FENCED -> after.setFenced(true);
      case SERVING -> after.setFenced(false).setInControlledShutdown(false);
      case STOPPING -> after.setFenced(false).setInControlledShutdown(true);
    }
    return metadata.submit(
        new Commands()
            .expect(key, node.version())
            .put(Entity.newBuilder().setBroker(after).build())
            .build());
  }

  /** The index of the command that registered the node: its broker epoch in Kafka's words. */
  static long epoch(EntityChange.Stored stored) {
    var epoch = stored.entity().getBroker().getEpoch();
    return epoch == 0 ? stored.version() : epoch;
  }
}
