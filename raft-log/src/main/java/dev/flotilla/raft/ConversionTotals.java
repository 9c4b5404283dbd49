package dev.flotilla.raft;

import java.time.Duration;

/**
 * What became of the replicas of a node that were to move to another storage engine, since it
 * started.
 *
 * @param underWay being moved, or waiting for it
 * @param converted moved
 * @param alone of those, the ones that were the only replica of a partition, which was not
 *     available meanwhile
 * @param refused left where they were
 * @param entries moved
 * @param bytes of the payloads of those
 * @param took from the beginning of the first to the end of the last
 */
public record ConversionTotals(
    int underWay, int converted, int alone, int refused, long entries, long bytes, Duration took) {

  /** Nothing was to be moved. */
  static final ConversionTotals NONE = new ConversionTotals(0, 0, 0, 0, 0, 0, Duration.ZERO);

  /** For a log, in one line. */
  @Override
  public String toString() {
    return "%d replicas converted (%d entries, %s) in %d.%03d s%s%s"
        .formatted(
            converted,
            entries,
            DiskRoom.text(bytes),
            took.toSeconds(),
            took.toMillisPart(),
            alone == 0
                ? ""
                : "; %d of them the only one of a partition, which was not available meanwhile"
                    .formatted(alone),
            refused == 0 ? "" : "; %d replicas stay in their old engines".formatted(refused));
  }
}
