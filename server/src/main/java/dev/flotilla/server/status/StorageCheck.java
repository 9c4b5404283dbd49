package dev.flotilla.server.status;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What came of reading entries of a replica and verifying their checksums.
 *
 * @param nextIndex where to go on; {@code endIndex} when nothing is left
 * @param endIndex the index after the last entry
 * @param entries that were read
 * @param bytes of their payloads
 * @param problem what is wrong; empty if nothing is
 */
public record StorageCheck(
    long nextIndex, long endIndex, long entries, long bytes, String problem) {

  /** Nothing more is read of a replica with which something is wrong. */
  public static StorageCheck wrong(String problem) {
    return new StorageCheck(0, 0, 0, 0, problem);
  }

  /** Whether the end was reached, or something is wrong. */
  public boolean over() {
    return nextIndex >= endIndex || !problem.isEmpty();
  }

  public String json() {
    return Status.json(this);
  }

  /** Empty if the text is none of these. */
  static Optional<StorageCheck> parse(String json) {
    return Status.parse(json, StorageCheck.class);
  }

  /** A part and the part that follows it. */
  StorageCheck and(StorageCheck next) {
    return new StorageCheck(
        next.nextIndex(),
        next.endIndex(),
        entries + next.entries(),
        bytes + next.bytes(),
        next.problem());
  }

  /** The checks of all replicas of some nodes. */
  public record Summary(long replicas, long entries, long bytes, List<String> problems) {

    /** Of nothing so far. */
    public static final Summary NONE = new Summary(0, 0, 0, List.of());

    public Summary {
      problems = List.copyOf(problems);
    }

    /** The same and one more replica. */
    public Summary and(int node, String name, StorageCheck check) {
      List<String> all = new ArrayList<>(problems);
      if (!check.problem().isEmpty()) {
        all.add("%s on node %d: %s".formatted(name, node, check.problem()));
      }
      return new Summary(replicas + 1, entries + check.entries(), bytes + check.bytes(), all);
    }

    public boolean sound() {
      return problems.isEmpty();
    }

    public String json() {
      return Status.json(this);
    }

    /** For people. */
    public String text() {
      StringBuilder text = new StringBuilder();
      text.append("%d replicas, %d entries, %d bytes read%n".formatted(replicas, entries, bytes));
      problems.forEach(problem -> text.append("wrong: %s%n".formatted(problem)));
      text.append(sound() ? "all of them are what was written%n".formatted() : "");
      return text.toString();
    }
  }
}
