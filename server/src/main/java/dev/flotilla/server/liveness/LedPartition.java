package dev.flotilla.server.liveness;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A partition that this node led when it was looked at. */
public interface LedPartition {

  /** The nodes with its replicas; the first is the preferred leader. */
  List<Integer> replicas();

  /** Those of them whose logs are close to this one's. */
  List<Integer> caughtUp();

  /**
   * Hands its leadership over. Completes when the other node leads; fails if it does not, and this
   * node may lead on or not. A caller that has waited long enough goes on without it.
   */
  CompletableFuture<Void> transferTo(int nodeId);
}
