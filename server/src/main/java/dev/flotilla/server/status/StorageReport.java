package dev.flotilla.server.status;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What one node's replicas take on its disk, and in which storage engines.
 *
 * @param node who says so
 * @param replicas by name
 */
public record StorageReport(int node, List<Stored> replicas) {

  /**
   * A replica.
   *
   * @param name topic and partition, or what else it is
   * @param engine the storage engine that it is in
   * @param wanted the engine that it is to be in, which it moves to when its node starts; empty
   *     where that is not known
   * @param bytes on the disk, preallocated ones included
   * @param entries of its Raft log
   * @param firstIndex of those
   * @param startOffset of its records
   * @param endOffset behind the last one
   * @param problem why it is not used; empty if nothing is wrong
   */
  public record Stored(
      String name,
      String topic,
      int partition,
      String engine,
      String wanted,
      long bytes,
      long entries,
      long firstIndex,
      long startOffset,
      long endOffset,
      String problem) {

    /** What cannot be looked at. */
    public static Stored unusable(String name, String topic, int partition, String problem) {
      return new Stored(name, topic, partition, "", "", 0, 0, 0, 0, 0, problem);
    }

    boolean moves() {
      return !wanted.isEmpty() && !wanted.equals(engine);
    }
  }

  /** Of a node of which not all is there yet, or any more. */
  public static StorageReport notReady(int node, String why, List<Stored> replicas) {
    List<Stored> all = new ArrayList<>(replicas);
    all.add(Stored.unusable("this node", "", 0, "not ready: " + why));
    return new StorageReport(node, all);
  }

  /** Whether nothing is wrong with any of them. */
  public boolean sound() {
    return replicas.stream().allMatch(replica -> replica.problem().isEmpty());
  }

  public String json() {
    return Status.json(this);
  }

  /** For people. */
  public String text() {
    StringBuilder text = new StringBuilder("node %d%n".formatted(node));
    int width = replicas.stream().mapToInt(each -> each.name().length()).max().orElse(0);
    String columns = "  %-" + Math.max(width, 9) + "s  %-10s  %14s  %10s  %s%n";
    text.append(columns.formatted("partition", "engine", "bytes", "entries", "offsets"));
    for (Stored each : replicas) {
      if (each.engine().isEmpty()) {
        text.append("  %s%n".formatted(each.name()));
      } else {
        text.append(
            columns.formatted(
                each.name(),
                each.engine(),
                each.bytes(),
                each.entries(),
                each.startOffset() + " up to " + each.endOffset()));
      }
      if (each.moves()) {
        text.append(
            "    is to be in %s, and moves when the node starts%n".formatted(each.wanted()));
      }
      if (!each.problem().isEmpty()) {
        text.append("    wrong: %s%n".formatted(each.problem()));
      }
    }
    long bytes = replicas.stream().mapToLong(Stored::bytes).sum();
    text.append("  %d replicas, %d bytes%n".formatted(replicas.size(), bytes));
    return text.toString();
  }

  /** Empty if the text is none of these. */
  static Optional<StorageReport> parse(String json) {
    return Status.parse(json, StorageReport.class);
  }
}
