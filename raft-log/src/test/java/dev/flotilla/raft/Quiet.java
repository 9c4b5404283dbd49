package dev.flotilla.raft;

/** Hears of a replica and does nothing. */
final class Quiet implements ReplicaListener {

  @Override
  public void leadershipChanged(Leadership leadership) {}

  @Override
  public void highWatermarkChanged(long highWatermark) {}
}
