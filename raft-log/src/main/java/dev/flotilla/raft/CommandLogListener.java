package dev.flotilla.raft;

/** Told what happens to a {@link CommandLog}; rules as for {@link ReplicaListener}. */
@FunctionalInterface
public interface CommandLogListener {

  /** Leader, term or readiness changed. */
  void leadershipChanged(Leadership leadership);

  /** As {@link ReplicaListener#damaged}. */
  default void damaged(String reason) {}
}
