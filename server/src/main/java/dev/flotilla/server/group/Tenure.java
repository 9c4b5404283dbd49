package dev.flotilla.server.group;

import org.apache.kafka.coordinator.common.runtime.PartitionWriter;
import org.jspecify.annotations.Nullable;

/**
 * One life of a partition's state machine, from the election that begins it until leadership is
 * lost or the state machine must be loaded anew. Only the current tenure of a partition writes and
 * hears of commits. Guarded by its {@link OffsetsPartition}.
 */
final class Tenure {

  private final int term;

  /** Told of commits once the state machine is loaded; null before and after. */
  PartitionWriter.@Nullable Listener listener;

  /** The end of all that was loaded and written: the base offset that the next batch must get. */
  long writtenEnd;

  /** The end of what the state machine knows as committed; never above {@link #writtenEnd}. */
  long committedEnd;

  Tenure(int term) {
    this.term = term;
  }

  int term() {
    return term;
  }
}
