package dev.flotilla.raft;

import dev.flotilla.proto.Checkpoint;
import dev.flotilla.proto.RepairMark;
import dev.flotilla.proto.ReplicaDescriptor;
import dev.flotilla.proto.ReplicaKind;
import dev.flotilla.proto.StoredVoter;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.StorageEngine;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerProto;
import org.apache.ratis.server.protocol.TermIndex;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The repair in place of a replica of a partition that is one of two voters. It cannot be removed
 * and added again, as one of three is: the other voter alone commits nothing, not even that. So its
 * log is replaced by an empty one under the same vote, and the other voter, which has all that was
 * ever committed, fills it.
 *
 * <pre>
 *   0  the {@link RepairMark mark}: what was held, and the next term
 *   1  that term is begun in the vote store: a leader that counts on what is about to go steps down
 *   2  the log is deleted
 *   3  the checkpoints are deleted
 *   4  an empty log is created
 *   5  its first checkpoint is written
 *   6  the quarantine mark is taken away
 *   7  the mark says that the log is replaced: {@link Probation} begins
 * </pre>
 *
 * <p>A crash behind 0 is followed by all the steps again. See
 * docs/decisions/0007-two-voters-are-repaired-in-place.md.
 */
final class Repair {

  private static final int VOTERS = 2;

  private static final Logger LOG = LoggerFactory.getLogger(Repair.class);

  interface Step {
    void run() throws IOException, ReplicaQuarantinedException;
  }

  private Repair() {}

  /**
   * Opens what lies in a directory, as {@link StoredReplica#open} does; moves it to an engine
   * before and repairs it if need be.
   *
   * @throws ReplicaQuarantinedException if it cannot be trusted, nor repaired so
   */
  static StoredReplica open(
      ReplicaDirectory directory, EngineCatalog engines, Conversions conversions, String engine)
      throws IOException, ReplicaQuarantinedException {
    Optional<RepairMark> begun = directory.repairMark();
    if (begun.isPresent() && !begun.get().getReplaced()) {
      replaceLog(directory, engines, begun.get());
    }
    try {
      conversions.convert(directory, engine);
      return StoredReplica.open(directory, engines);
    } catch (ReplicaQuarantinedException damage) {
      RepairMark mark = begin(directory, damage);
      LOG.warn(
          "{}: the log is damaged and is replaced by an empty one, which the other voter fills;"
              + " this replica does not lead until then: {}",
          directory.descriptor().getName(),
          mark.getReason());
      replaceLog(directory, engines, mark);
      conversions.convert(directory, engine);
      return StoredReplica.open(directory, engines);
    }
  }

  /** Step 0: the mark of a repair that is to be done. */
  static RepairMark begin(ReplicaDirectory directory, ReplicaQuarantinedException damage)
      throws IOException, ReplicaQuarantinedException {
    Optional<RepairMark> earlier;
    ReplicaDescriptor descriptor;
    VoteStore votes;
    try {
      earlier = directory.repairMark();
      descriptor = directory.descriptor();
      votes = VoteStore.open(directory.path(), StoredReplica.logId(descriptor));
    } catch (ReplicaQuarantinedException e) {
      throw suppressing(damage, e);
    }
    if (descriptor.getInitialVotersCount() == 1) {
      throw new ReplicaQuarantinedException(
          damage.getMessage()
              + "; it is the only replica, so that nobody can fill it again: put its files back"
              + " from a copy, or delete what it is of",
          damage);
    }
    Checkpoint committed =
        CheckpointStore.open(directory.path()).newest().orElseThrow(() -> damage);
    if (!isOneOfTwo(descriptor, committed)) {
      throw damage;
    }
    TermIndex held = TermIndex.valueOf(committed.getTerm(), committed.getIndex());
    long term = votes.current().term() + 1;
    if (earlier.isPresent()) {
      RepairMark before = earlier.get();
      TermIndex heldBefore = TermIndex.valueOf(before.getHeldTerm(), before.getHeldIndex());
      held = heldBefore.compareTo(held) > 0 ? heldBefore : held;
    }
    RepairMark mark =
        RepairMark.newBuilder()
            .setReason(String.valueOf(damage.getMessage()))
            .setTerm(term)
            .setHeldTerm(held.getTerm())
            .setHeldIndex(held.getIndex())
            .build();
    directory.repair(mark);
    return mark;
  }

  private static ReplicaQuarantinedException suppressing(
      ReplicaQuarantinedException damage, ReplicaQuarantinedException more) {
    if (!damage.equals(more)) {
      damage.addSuppressed(more);
    }
    return damage;
  }

  /** Whether a group began with two voters and has no other one. */
  private static boolean isOneOfTwo(ReplicaDescriptor descriptor, Checkpoint committed) {
    return isOfTwo(descriptor) && voters(descriptor, committed).size() == VOTERS;
  }

  /** The peer ids of the voters that a group began with and of those of a checkpoint. */
  static Set<String> voters(ReplicaDescriptor descriptor, Checkpoint committed) {
    Set<String> voters = new HashSet<>();
    for (StoredVoter voter : descriptor.getInitialVotersList()) {
      voters.add(voter.getPeerId());
    }
    if (!committed.getConfiguration().isEmpty()) {
      LogEntryProto entry = EntryCodec.decode(committed.getConfiguration().asReadOnlyByteBuffer());
      for (RaftPeerProto peer : entry.getConfigurationEntry().getPeersList()) {
        voters.add(peer.getId().toStringUtf8());
      }
    }
    return voters;
  }

  /**
   * Whether a group's replicas are repaired so: those of a partition that began with two voters.
   * Metadata is no such group, since nodes join it.
   */
  static boolean isOfTwo(ReplicaDescriptor descriptor) {
    return descriptor.getKind() == ReplicaKind.LOG && descriptor.getInitialVotersCount() == VOTERS;
  }

  private static void replaceLog(ReplicaDirectory directory, EngineCatalog engines, RepairMark mark)
      throws IOException, ReplicaQuarantinedException {
    Lock creation = engines.creation();
    creation.lock();
    try {
      for (Step step : steps(directory, engines, mark)) {
        step.run();
      }
    } finally {
      creation.unlock();
    }
  }

  /** Steps 1 to 7. */
  static List<Step> steps(ReplicaDirectory directory, EngineCatalog engines, RepairMark mark)
      throws IOException, ReplicaQuarantinedException {
    ReplicaDescriptor descriptor = directory.descriptor();
    LogId log = StoredReplica.logId(descriptor);
    StorageEngine engine = engines.engine(descriptor.getEngine());
    CheckpointStore checkpoints = CheckpointStore.open(directory.path());
    return List.of(
        () -> VoteStore.open(directory.path(), log).persist(mark.getTerm(), null),
        () -> engine.delete(log),
        checkpoints::clear,
        () -> engine.create(log, LogBase.ORIGIN).close(),
        () -> checkpoints.write(StoredReplica.at(LogBase.ORIGIN).build()),
        directory::endQuarantine,
        () -> directory.repair(mark.toBuilder().setReplaced(true).build()));
  }
}
