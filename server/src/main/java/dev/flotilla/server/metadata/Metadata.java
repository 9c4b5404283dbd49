package dev.flotilla.server.metadata;

import com.google.protobuf.ByteString;
import dev.flotilla.proto.metadata.ClusterSettings;
import dev.flotilla.proto.metadata.Command;
import dev.flotilla.proto.metadata.CommandAnswer;
import dev.flotilla.proto.metadata.Entity;
import dev.flotilla.raft.CommandLog;
import dev.flotilla.raft.CommandLogListener;
import dev.flotilla.raft.CommandStateMachine;
import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.ReplicatedLogException;
import dev.flotilla.raft.Voter;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.metadata.KRaftMetadataCache;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the cluster knows of itself, on this node: the entities of the metadata group, and the image
 * of Kafka's that is made of them.
 *
 * <p>Any thread may call any method.
 */
public final class Metadata implements LeadershipReports, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Metadata.class);

  /** How long a clean stop waits for its snapshot. */
  private static final long CLOSING_SNAPSHOT_SECONDS = 10;

  private final EntitySet entities = new EntitySet();
  private final ImageUpdates updates;
  private final long snapshotEvery;
  private final AtomicLong appliedSinceSnapshot = new AtomicLong();
  private final CompletableFuture<Void> ready;
  private final CommandLog log;

  /** The same once it is open: while it is being opened it replays, and is not there yet. */
  private final CompletableFuture<CommandLog> opened = new CompletableFuture<>();

  private final Submissions submissions;

  /** Orders what this node reports where it has nobody else to report to. */
  private final AtomicLong reports = new AtomicLong();

  private record Listener(int nodeId) implements CommandLogListener {

    @Override
    public void leadershipChanged(Leadership leadership) {
      // Who needs it asks the log.
    }

    @Override
    public void damaged(String reason) {
      LOG.error(
          "The metadata of node {} is damaged, and this node follows it no more: restart it, and"
              + " it begins anew with what the others have: {}",
          nodeId,
          reason);
    }
  }

  /** Opens, or creates, the log that a state machine is driven by. */
  @FunctionalInterface
  public interface LogOpener {
    CommandLog open(CommandStateMachine stateMachine, CommandLogListener listener);
  }

  /**
   * Opens the log and begins to follow it.
   *
   * @param snapshotEvery after how many commands a snapshot is taken and the log purged behind it
   * @param leader hands commands to the node that leads the group, where it is another
   */
  public Metadata(int nodeId, long snapshotEvery, LogOpener opener, LeaderCalls leader) {
    this.updates = new ImageUpdates(nodeId, entities);
    this.snapshotEvery = snapshotEvery;
    var stateMachine = new MetadataStateMachine(entities, this::changed);
    try {
      this.log = opener.open(stateMachine, new Listener(nodeId));
    } catch (RuntimeException e) {
      updates.close();
      throw e;
    }
    opened.complete(log);
    this.submissions = new Submissions(nodeId, log, leader);
    // It is committed after all that was when it was submitted: so is what this node then shows.
    this.ready = submitUntilDecided(Command.getDefaultInstance()).thenAccept(outcome -> {});
  }

  /** The metadata of a cluster of one node. */
  public Metadata(int nodeId, long snapshotEvery, LogOpener opener) {
    this(nodeId, snapshotEvery, opener, LeaderCalls.ALONE);
  }

  private void changed(EntityChange.Batch batch) {
    updates.changed(batch);
    if (appliedSinceSnapshot.incrementAndGet() == snapshotEvery) {
      appliedSinceSnapshot.set(0);
      // Not on this thread: it is the one that a snapshot waits for.
      var _ =
          opened
              .thenComposeAsync(CommandLog::snapshot, Thread::startVirtualThread)
              .exceptionally(failure -> {
                LOG.warn("No snapshot of metadata was taken", failure);
                return -1L;
              });
    }
  }

  /**
   * Completes when this node's image shows all that was committed when this node started: it needs
   * a leader of the group, on any node. Fails when this is closed before.
   */
  public CompletableFuture<Void> ready() {
    return ready.copy();
  }

  public MetadataImage image() {
    return updates.image();
  }

  /** Kafka's answers from the newest image. */
  public KRaftMetadataCache cache() {
    return updates.cache();
  }

  /** What was fixed when the cluster was formed; empty before. */
  public Optional<ClusterSettings> clusterSettings() {
    return find(EntityKey.CLUSTER).map(stored -> stored.entity().getCluster());
  }

  /** How a node's data groups are reached; empty if it never registered. */
  public Optional<Voter> voter(int nodeId) {
    return find(EntityKey.broker(nodeId))
        .map(EntityChange.Stored::entity)
        .map(Entity::getBroker)
        .map(broker ->
            new Voter(
                broker.getDataPeer().getPeerId(),
                nodeId,
                broker.getDataPeer().getHost(),
                broker.getDataPeer().getPort()));
  }

  Optional<EntityChange.Stored> find(String key) {
    return entities.find(key);
  }

  Map<String, EntityChange.Stored> startingWith(String prefix) {
    return entities.startingWith(prefix);
  }

  /**
   * Submits a command, through the node that leads the group. Completes, on a virtual thread, when
   * it is decided and this node's image shows it; fails with a {@link
   * dev.flotilla.raft.ReplicatedLogException}, after which its outcome may be unknown.
   */
  public CompletableFuture<Outcome> submit(Command command) {
    return submissions
        .submit(command.toByteString())
        .thenCompose(answer ->
            when(image -> image.provenance().lastContainedOffset() >= answer.getIndex())
                .thenApply(image -> outcome(answer)));
  }

  /**
   * The same for a command that may be applied twice: again and again, until this is closed, or
   * this node's replica takes no part in the group any more.
   */
  CompletableFuture<Outcome> submitUntilDecided(Command command) {
    return submit(command)
        .exceptionallyCompose(failure ->
            failure.getCause() instanceof ReplicatedLogException && !ended()
                ? Submissions.later(() -> submitUntilDecided(command))
                : CompletableFuture.failedFuture(failure));
  }

  private boolean ended() {
    return submissions.closed() || log.leadership() instanceof Leadership.Failed;
  }

  /**
   * Answers a command that another node hands to this one, as the leader; see {@link
   * SubmitCommandHandler}.
   */
  CompletableFuture<ByteBuffer> submitHere(ByteString command) {
    return log.submit(command.asReadOnlyByteBuffer());
  }

  private static Outcome outcome(CommandAnswer answer) {
    return switch (answer.getOutcomeCase()) {
      case DONE -> new Outcome.Done(answer.getIndex());
      case CONFLICT ->
          new Outcome.Conflict(answer.getIndex(), List.copyOf(answer.getConflict().getKeysList()));
      case INVALID, OUTCOME_NOT_SET ->
          throw new IllegalArgumentException(answer.getInvalid().getReason());
    };
  }

  /**
   * Completes with the first image, now or later, that meets a condition; on a virtual thread.
   * Whoever gives up cancels it.
   */
  public CompletableFuture<MetadataImage> when(Predicate<MetadataImage> condition) {
    return updates.when(condition);
  }

  /** Publishers get all that is known first, then each change. */
  public void addPublisher(ImagePublisher publisher) {
    updates.addPublisher(publisher);
  }

  @Override
  public void report(TopicIdPartition partition, int term, int leader, List<Integer> caughtUp) {
    reported(
        List.of(
            new LeaderReport(
                partition.topicId(),
                partition.partition(),
                term,
                reports.incrementAndGet(),
                leader,
                caughtUp)));
  }

  /** Takes what this node and others say of what they lead, whenever they said it. */
  public void reported(List<LeaderReport> said) {
    updates.reported(said);
  }

  /** What this node is in the metadata group. */
  public Leadership leadership() {
    return log.leadership();
  }

  /** Takes a snapshot, so that the next start is short, and stops. The log stays its owner's. */
  @Override
  public void close() {
    submissions.close();
    try {
      log.snapshot().get(CLOSING_SNAPSHOT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("No snapshot of metadata was taken at the stop: the next start replays", e);
    }
    updates.close();
  }
}
