package dev.flotilla.raft;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Remembers what a replica's owner is told. */
final class Witness implements ReplicaListener {

  /** What it was told of damage. */
  final List<String> damages = new CopyOnWriteArrayList<>();

  /** Every leadership in order. */
  final List<Leadership> leaderships = new CopyOnWriteArrayList<>();

  @Override
  public void leadershipChanged(Leadership leadership) {
    leaderships.add(leadership);
  }

  @Override
  public void highWatermarkChanged(long highWatermark) {}

  @Override
  public void damaged(String reason) {
    damages.add(reason);
  }
}
