package dev.flotilla.server.forming;

import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.Voter;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** The voters of the metadata group, as the node that leads it changes them. */
public interface Voters {

  /** What this node's replica is in the group. */
  Leadership leadership();

  /** Those of the newest configuration that this node knows. */
  List<Voter> current();

  /** The peer ids of those that have what is committed, this leader's own included. */
  Set<String> caughtUp();

  /** Completes when the change is committed; at once if it is a voter already. */
  CompletableFuture<Void> add(Voter voter);

  /** Completes when the change is committed; at once if there is no such voter. */
  CompletableFuture<Void> remove(String peerId);
}
