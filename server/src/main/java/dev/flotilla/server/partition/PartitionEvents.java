package dev.flotilla.server.partition;

import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.ReplicaListener;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Passes what Raft says of a replica on to the listeners of its partition. A replica may speak
 * before its partition exists: the last word is kept until then.
 */
final class PartitionEvents implements ReplicaListener {

  private final List<PartitionListener> listeners;
  private final Consumer<String> damage;
  private @Nullable Partition partition;
  private @Nullable Leadership lastLeadership;
  private long lastHighWatermark = -1;

  /**
   * Passes on to listeners that may become more while events pass.
   *
   * @param damage told the reason when the replica turns out to be damaged
   */
  PartitionEvents(List<PartitionListener> listeners, Consumer<String> damage) {
    this.listeners = listeners;
    this.damage = damage;
  }

  /** Names the partition, and tells what was heard so far. */
  synchronized void attach(Partition opened) {
    partition = opened;
    if (lastLeadership != null) {
      tell(opened, lastLeadership);
    }
    if (lastHighWatermark >= 0) {
      tell(opened, lastHighWatermark);
    }
  }

  /** Tells that the replica is gone; nothing is told after it. */
  synchronized void detach(Partition closed) {
    partition = null;
    for (PartitionListener listener : listeners) {
      listener.deleted(closed);
    }
  }

  @Override
  public synchronized void leadershipChanged(Leadership leadership) {
    lastLeadership = leadership;
    if (partition != null) {
      tell(partition, leadership);
    }
  }

  @Override
  public synchronized void highWatermarkChanged(long highWatermark) {
    lastHighWatermark = highWatermark;
    if (partition != null) {
      tell(partition, highWatermark);
    }
  }

  /** Not under the lock: it is no event of the partition, which hears that it is closed. */
  @Override
  public void damaged(String reason) {
    damage.accept(reason);
  }

  private void tell(Partition heard, Leadership leadership) {
    for (PartitionListener listener : listeners) {
      listener.leadershipChanged(heard, leadership);
    }
  }

  private void tell(Partition heard, long highWatermark) {
    for (PartitionListener listener : listeners) {
      listener.highWatermarkChanged(heard, highWatermark);
    }
  }
}
