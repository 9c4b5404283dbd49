package dev.flotilla.server.forming;

import dev.flotilla.proto.peer.FormingRecord;
import dev.flotilla.proto.peer.FormingRecord.Member;
import dev.flotilla.server.peer.PeerAddress;
import dev.flotilla.server.peer.PeerRefusedException;
import dev.flotilla.server.peer.Peers;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the record of a cluster to its other members, until all have it or it is closed. Every
 * member does so: whoever chose the cluster may be gone before it has told all.
 */
public final class FormDelivery implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(FormDelivery.class);

  private final FormingRecord record;
  private final Peers peers;
  private final Failpoints failpoints;
  private final UntilDone delivery;

  // Belong to the thread that delivers.
  private final List<Member> left;
  private final Set<Member> warned = new HashSet<>();

  /** Begins at once. */
  public FormDelivery(FormingRecord record, Member self, Peers peers, Failpoints failpoints) {
    this.record = record;
    this.peers = peers;
    this.failpoints = failpoints;
    this.left = new ArrayList<>(record.getMembersList());
    left.remove(self);
    this.delivery = new UntilDone("form-delivery", this::deliver);
  }

  private boolean deliver() {
    left.removeIf(this::has);
    return left.isEmpty();
  }

  /** Returns whether there is nothing more to say to a member. */
  private boolean has(Member member) {
    try {
      peers.form(new PeerAddress(member.getHost(), member.getPort()), record).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof PeerRefusedException refused && warned.add(member)) {
        LOG.warn("Node {} is no part of the cluster: {}", member.getNodeId(), refused.getMessage());
      }
      return false;
    }
    failpoints.reached(Failpoints.Step.RECORD_DELIVERED);
    return true;
  }

  /** Stops. What is being said is not waited for. */
  @Override
  public void close() {
    delivery.close();
  }
}
