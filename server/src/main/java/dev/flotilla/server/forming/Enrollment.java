package dev.flotilla.server.forming;

import static dev.flotilla.proto.peer.MetadataRebuild.Step.JOINING;
import static dev.flotilla.proto.peer.MetadataRebuild.Step.LEAVING;

import dev.flotilla.proto.peer.FormingRecord;
import dev.flotilla.proto.peer.HelloAnswer;
import dev.flotilla.proto.peer.MetadataRebuild;
import dev.flotilla.proto.peer.PeerRefusal.Reason;
import dev.flotilla.proto.peer.Sender;
import dev.flotilla.server.ChecksummedFile;
import dev.flotilla.server.DataDirectory;
import dev.flotilla.server.config.ClusterNodes;
import dev.flotilla.server.peer.PeerRefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Where this node of several stands, in memory and in its data directory. Any thread may call.
 *
 * <pre>
 *   empty -- it stores the record of a cluster that is being formed --> forming
 *   empty -- it finds a cluster that was formed ----------------------> joining
 *   forming, joining -- this node's image shows the cluster ----------> formed
 *   any of these three -- its metadata is found damaged --------------> rebuilding, leaving
 *   rebuilding, leaving -- it votes no more, and has an empty replica -> rebuilding, joining
 *   rebuilding, joining -- this node's image shows the cluster --------> formed
 * </pre>
 *
 * <p>Each step is durable when its method returns: a restarted node goes on where it was. None is
 * ever undone, but that damaged metadata is replaced. A node creates its replica of the metadata
 * group with the record's voters only while it is forming, and it becomes forming once in the life
 * of its data directory, so no replica of these voters is ever created twice.
 */
public final class Enrollment {

  private final DataDirectory directory;
  private final Failpoints failpoints;

  /** Written under this object's lock, read by any thread. */
  private volatile Place place;

  private Enrollment(DataDirectory directory, Place place, Failpoints failpoints) {
    this.directory = directory;
    this.place = place;
    this.failpoints = failpoints;
  }

  /**
   * Where the node stood when it stopped.
   *
   * @throws IOException if that cannot be read
   */
  public static Enrollment open(DataDirectory directory, Failpoints failpoints) throws IOException {
    return new Enrollment(directory, stored(directory), failpoints);
  }

  private static Place stored(DataDirectory directory) throws IOException {
    var identity = directory.identity();
    if (identity.clusterId().isPresent() && Files.exists(directory.metadataRebuild())) {
      return new Place.Rebuilding(identity.clusterId().get(), rebuildStep(directory));
    }
    if (identity.clusterId().isPresent()) {
      return identity.formed()
          ? new Place.Formed(identity.clusterId().get())
          : new Place.Joining(identity.clusterId().get());
    }
    var record = ChecksummedFile.read(directory.formingRecord());
    return record.isEmpty()
        ? new Place.Empty()
        : new Place.Forming(FormingRecord.parseFrom(record.get()));
  }

  /** A mark that cannot be read says no more than that there is one: then all is done again. */
  private static MetadataRebuild.Step rebuildStep(DataDirectory directory) throws IOException {
    try {
      var mark = ChecksummedFile.read(directory.metadataRebuild());
      return mark.isPresent() ? MetadataRebuild.parseFrom(mark.get()).getStep() : LEAVING;
    } catch (ChecksummedFile.DamagedException e) {
      return LEAVING;
    }
  }

  public Place place() {
    return place;
  }

  /** This node as others see it when it asks them. */
  public Sender sender() {
    return Sender.newBuilder()
        .setNodeId(directory.identity().nodeId())
        .setPeerId(directory.peerId())
        .setClusterId(place.clusterId().orElse(""))
        .build();
  }

  /** This node as a member of a metadata group. */
  public FormingRecord.Member self() {
    var address = directory.identity().addresses().orElseThrow().raft();
    return FormingRecord.Member.newBuilder()
        .setNodeId(directory.identity().nodeId())
        .setPeerId(directory.peerId())
        .setHost(address.host())
        .setPort(address.port())
        .build();
  }

  /**
   * Stores the record of a cluster that is being formed, if this node is empty. Does nothing if the
   * node is of that cluster.
   *
   * @throws PeerRefusedException if the record does not name this node as it is, or the node is of
   *     another cluster
   */
  synchronized void form(FormingRecord record) throws IOException {
    if (!(place instanceof Place.Empty)) {
      if (!place.clusterId().orElse("").equals(record.getClusterId())) {
        throw contradiction("is of cluster " + place.clusterId().orElse(""), record);
      }
      return;
    }
    if (!record.getMembersList().contains(self())) {
      throw contradiction("has another address or data directory than the record says", record);
    }
    ChecksummedFile.write(directory.formingRecord(), record.toByteArray());
    failpoints.reached(Failpoints.Step.RECORD_STORED);
    enter(new Place.Forming(record));
  }

  private PeerRefusedException contradiction(String what, FormingRecord record) {
    return new PeerRefusedException(
        Reason.CONTRADICTION,
        "node %d cannot form cluster %s: it %s"
            .formatted(directory.identity().nodeId(), record.getClusterId(), what));
  }

  /** Remembers that this node is new in a cluster. Does nothing if it is not empty any more. */
  synchronized void join(String clusterId) throws IOException {
    if (place instanceof Place.Empty) {
      directory.belongTo(clusterId);
      failpoints.reached(Failpoints.Step.JOIN_RECORDED);
      enter(new Place.Joining(clusterId));
    }
  }

  /**
   * Remembers that what this node holds of the metadata is damaged: from now on it is not opened
   * any more, and nothing of it is wiped before the leader has taken this node from the voters.
   */
  public synchronized void rebuild(String reason) throws IOException {
    directory.belongTo(place.clusterId().orElseThrow());
    rebuilding(LEAVING, reason);
    failpoints.reached(Failpoints.Step.DAMAGE_RECORDED);
  }

  /** Remembers that what was damaged is replaced by an empty replica, which does not vote. */
  public synchronized void emptied() throws IOException {
    rebuilding(JOINING, "");
    failpoints.reached(Failpoints.Step.EMPTY_RECORDED);
  }

  private void rebuilding(MetadataRebuild.Step step, String reason) throws IOException {
    var mark = MetadataRebuild.newBuilder().setStep(step).setReason(reason).build();
    ChecksummedFile.write(directory.metadataRebuild(), mark.toByteArray());
    enter(new Place.Rebuilding(place.clusterId().orElseThrow(), step));
  }

  /** Remembers that this node's image shows the cluster. */
  public synchronized void formed() throws IOException {
    var clusterId = place.clusterId().orElseThrow();
    directory.markFormed(clusterId);
    directory.remove(directory.metadataRebuild());
    enter(new Place.Formed(clusterId));
  }

  private void enter(Place next) {
    place = next;
    notifyAll();
  }

  /**
   * For whom a node that has a place waits.
   *
   * @param answers of the nodes that are there, by id
   * @throws RefusedStartException if they show that it must not wait
   */
  public String missing(ClusterNodes nodes, Map<Integer, HelloAnswer> answers)
      throws RefusedStartException {
    var self = HelloHandler.answer(this, nodes);
    var refused =
        Verdict.misplaced(self, nodes, answers).or(() -> Verdict.outnumbered(self, answers));
    if (refused.isPresent()) {
      throw new RefusedStartException(refused.get());
    }
    var missing = Verdict.missing(nodes, answers, self.getNodeId());
    return missing.isEmpty()
        ? "the metadata group's leader; all nodes are there"
        : "a majority of the metadata group; not there: " + missing;
  }

  /** Waits until this node is not empty, no longer than given. */
  synchronized void awaitPlace(Duration atMost) throws InterruptedException {
    var deadline = System.nanoTime() + atMost.toNanos();
    while (place instanceof Place.Empty) {
      var left = deadline - System.nanoTime();
      if (left <= 0) {
        return;
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
  }
}
