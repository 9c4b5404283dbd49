/**
 * Kafka's group coordinator on our partitions.
 *
 * <p>{@link dev.flotilla.server.group.GroupCoordinators} runs Kafka's own coordinator: a state
 * machine for each partition of {@code __consumer_offsets} that is led here. It writes through
 * {@code OffsetsWriter} and is rebuilt through {@code OffsetsLoader}; {@code OffsetsPartition}
 * decides which of the state machines of a partition, over time, may write.
 *
 * <p>Priorities: no acknowledged commit is lost, and no committed offset goes back; then
 * availability, by loading anew whenever the state machine and its log may have parted. Not
 * promised: transactions, streams groups and share groups are not served.
 */
@NullMarked
package dev.flotilla.server.group;

import org.jspecify.annotations.NullMarked;
