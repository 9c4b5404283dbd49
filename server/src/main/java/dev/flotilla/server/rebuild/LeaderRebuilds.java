package dev.flotilla.server.rebuild;

import dev.flotilla.raft.Voter;
import dev.flotilla.server.metadata.Metadata;
import dev.flotilla.server.metadata.Outcome;
import dev.flotilla.server.metadata.PassLoop;
import dev.flotilla.server.metadata.Rebuilds;
import dev.flotilla.server.metadata.RegisteredNode;
import dev.flotilla.server.metadata.Registrations;
import dev.flotilla.server.metadata.ReplicaRebuild;
import dev.flotilla.server.metadata.UnderWay;
import dev.flotilla.server.rebuild.Failpoints.Step;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leader's part in the rebuild of replicas: takes a replica that its node has closed out of the
 * group, and takes it in again when it was made anew; see {@link ReplicaRebuild} for the steps.
 *
 * <p>It looks at what the metadata says of the partitions led here, whenever that changes; since a
 * leader that becomes ready makes that known in the metadata, it looks then too. A step that fails
 * is tried again after a pause. A leader that ends in the middle of a step leaves it to the next
 * one, for which it is as if it had not begun: to remove what is no voter, and to add what is one,
 * only waits until that is committed.
 *
 * <p>Of one partition one replica at a time is out of the group: where several are bad, they come
 * back one after the other, by node id.
 */
public final class LeaderRebuilds implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LeaderRebuilds.class);

  /** Each of these may send a whole partition to another node. */
  private static final int SIDE_BY_SIDE = 8;

  private static final Comparator<ReplicaRebuild> BY_TURN =
      Comparator.comparing(
              (ReplicaRebuild rebuild) -> rebuild.step() == ReplicaRebuild.Step.QUARANTINED)
          .thenComparingInt(ReplicaRebuild::nodeId);

  private final int nodeId;
  private final Rebuilds rebuilds;
  private final Registrations registrations;
  private final GroupVoters groups;
  private final Failpoints failpoints;
  private final PassLoop loop;
  private final UnderWay steps;

  /** Begins to follow the metadata at once. */
  public LeaderRebuilds(int nodeId, Metadata metadata, GroupVoters groups) {
    this(nodeId, metadata, groups, Failpoints.NONE);
  }

  LeaderRebuilds(int nodeId, Metadata metadata, GroupVoters groups, Failpoints failpoints) {
    this.nodeId = nodeId;
    this.rebuilds = new Rebuilds(metadata);
    this.registrations = new Registrations(metadata);
    this.groups = groups;
    this.failpoints = failpoints;
    this.loop = new PassLoop("rebuild", this::pass);
    this.steps = new UnderWay(SIDE_BY_SIDE, loop::news);
    rebuilds.follow(loop::news);
  }

  /** Begins nothing any more. A step that is under way may still end. */
  @Override
  public void close() {
    loop.close();
  }

  private boolean pass() {
    rebuilds.all().stream()
        .collect(Collectors.groupingBy(ReplicaRebuild::group))
        .forEach((group, ofPartition) -> {
          if (groups.leads(group)) {
            lead(group, ofPartition.stream().min(BY_TURN).orElseThrow());
          }
        });
    // What fails is news again.
    return true;
  }

  private void lead(UUID group, ReplicaRebuild rebuild) {
    switch (rebuild.step()) {
      // A leader is not removed; if that is this node's replica, it is about to be closed.
      case QUARANTINED -> {
        if (rebuild.nodeId() != nodeId) {
          begin(group, rebuild, () -> remove(group, rebuild));
        }
      }
      case REMOVED -> {}
      case EMPTY ->
          // Its registration, or its rebuild in the directory that it has now, is news.
          voter(rebuild)
              .ifPresent(voter -> begin(group, rebuild, () -> add(group, rebuild, voter)));
    }
  }

  /** One step of a partition at a time. */
  private void begin(
      UUID group, ReplicaRebuild rebuild, Supplier<CompletableFuture<Outcome>> step) {
    steps.begin(
        "rebuild in group " + group,
        () -> {
          LOG.info("{} goes on", rebuild);
          return step.get();
        });
  }

  private Optional<Voter> voter(ReplicaRebuild rebuild) {
    return registrations
        .find(rebuild.nodeId())
        .filter(node -> node.directory().equals(rebuild.directory()))
        .map(RegisteredNode::data);
  }

  private CompletableFuture<Outcome> remove(UUID group, ReplicaRebuild rebuild) {
    List<Voter> voters =
        groups.voters(group).stream().filter(voter -> voter.nodeId() == rebuild.nodeId()).toList();
    CompletableFuture<Void> removed = CompletableFuture.completedFuture(null);
    for (Voter voter : voters) {
      removed = removed.thenCompose(before -> groups.remove(group, voter.peerId()));
    }
    // What these voters follow from may not be committed: this waits for it, and changes nothing
    // where nothing is left to change.
    return removed
        .thenCompose(before ->
            groups.remove(group, RegisteredNode.peerId(rebuild.nodeId(), rebuild.directory())))
        .thenCompose(before -> {
          failpoints.reached(Step.VOTER_REMOVED);
          return rebuilds.removed(rebuild);
        })
        .whenComplete((outcome, failure) -> reached(outcome, Step.REMOVAL_KNOWN));
  }

  private CompletableFuture<Outcome> add(UUID group, ReplicaRebuild rebuild, Voter voter) {
    return groups
        .add(group, voter)
        .thenCompose(added -> {
          failpoints.reached(Step.VOTER_ADDED);
          return rebuilds.added(rebuild);
        })
        .whenComplete((outcome, failure) -> {
          reached(outcome, Step.ADDITION_KNOWN);
          if (outcome instanceof Outcome.Done) {
            LOG.info("{} is over", rebuild);
          }
        });
  }

  private void reached(Outcome outcome, Step step) {
    if (outcome instanceof Outcome.Done) {
      failpoints.reached(step);
    }
  }
}
