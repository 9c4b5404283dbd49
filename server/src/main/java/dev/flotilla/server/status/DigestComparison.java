package dev.flotilla.server.status;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The replicas of every partition, compared by their digests at the newest entry that all of them
 * have applied. Replicas go on meanwhile; what was applied does not change.
 *
 * @param compared partitions of which two replicas or more were compared
 * @param replicas how many replicas those have
 * @param alone partitions with one replica that can be read
 * @param incomparable partitions of which a replica does not keep the entry any more
 * @param differences partitions whose replicas differ; none when all is well
 */
public record DigestComparison(
    int compared,
    int replicas,
    List<String> alone,
    List<String> incomparable,
    List<Difference> differences) {

  /**
   * A partition of which two replicas hold different records.
   *
   * @param index of the first entry at which they differ, as far as that is still known: all of
   *     them agree before it, or do not keep what is before it
   * @param digests there, by node id
   */
  public record Difference(
      String topic, int partition, long index, SortedMap<Integer, String> digests) {

    private boolean differs() {
      return digests.values().stream().distinct().count() > 1;
    }
  }

  /** A node that can be asked about its replicas. */
  public interface Source {

    /** All of its replicas, each at its newest applied entry; empty if it does not answer. */
    Optional<Digests> newest();

    /** One of them at an entry, see {@link NodePages#at}; empty if that is not kept there. */
    Optional<Digests.ReplicaDigest> at(String topic, int partition, long index);
  }

  private record Held(int node, Source source, Digests.ReplicaDigest newest) {}

  /** Asks nodes and compares. A node that does not answer has no part. */
  public static DigestComparison of(Collection<? extends Source> nodes) {
    Map<String, List<Held>> partitions = new TreeMap<>();
    for (Source node : nodes) {
      node.newest()
          .ifPresent(digests ->
              digests
                  .replicas()
                  .forEach(replica ->
                      partitions
                          .computeIfAbsent(replica.name(), _ -> new ArrayList<>())
                          .add(new Held(digests.node(), node, replica))));
    }
    List<String> alone = new ArrayList<>();
    List<String> incomparable = new ArrayList<>();
    List<Difference> differences = new ArrayList<>();
    int compared = 0;
    int replicas = 0;
    for (Map.Entry<String, List<Held>> partition : partitions.entrySet()) {
      List<Held> held = partition.getValue();
      if (held.size() == 1) {
        alone.add(partition.getKey());
        continue;
      }
      long index = held.stream().mapToLong(each -> each.newest().index()).min().orElseThrow();
      Optional<Difference> digests = at(index, held);
      if (digests.isEmpty()) {
        incomparable.add(partition.getKey());
        continue;
      }
      compared++;
      replicas += held.size();
      digests
          .filter(Difference::differs)
          .map(each -> first(each, held))
          .ifPresent(differences::add);
    }
    return new DigestComparison(compared, replicas, alone, incomparable, differences);
  }

  /**
   * The first difference: replicas that differ at an entry do so at all that follow. A few
   * questions for each replica.
   */
  private static Difference first(Difference found, List<Held> held) {
    Difference first = found;
    long same = -1;
    while (first.index() - same > 1) {
      long middle = same + (first.index() - same) / 2;
      // What one of them does not keep cannot be compared: the difference is looked for behind it.
      Optional<Difference> there = at(middle, held).filter(Difference::differs);
      if (there.isPresent()) {
        first = there.get();
      } else {
        same = middle;
      }
    }
    return first;
  }

  /** The digests of a partition's replicas at one index; empty if one of them has none there. */
  private static Optional<Difference> at(long index, List<Held> held) {
    SortedMap<Integer, String> digests = new TreeMap<>();
    Digests.ReplicaDigest newest = held.getFirst().newest();
    for (Held each : held) {
      Optional<Digests.ReplicaDigest> there =
          each.newest().index() == index
              ? Optional.of(each.newest())
              : each.source().at(newest.topic(), newest.partition(), index);
      if (there.isEmpty() || there.get().index() != index) {
        return Optional.empty();
      }
      digests.put(each.node(), there.get().digest());
    }
    return Optional.of(new Difference(newest.topic(), newest.partition(), index, digests));
  }

  public boolean agrees() {
    return differences.isEmpty();
  }

  public String json() {
    return Status.json(this);
  }

  /** For people. */
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append("%d partitions, %d replicas compared%n".formatted(compared, replicas));
    list(text, "a single replica, nothing to compare", alone);
    list(text, "not comparable, entries are gone", incomparable);
    for (Difference each : differences) {
      Map<String, List<Integer>> holders = new LinkedHashMap<>();
      each.digests()
          .forEach(
              (node, digest) -> holders.computeIfAbsent(digest, _ -> new ArrayList<>()).add(node));
      text.append(
          "wrong: %s-%d differs from index %d on: nodes by digest %s%n"
              .formatted(each.topic(), each.partition(), each.index(), holders));
    }
    text.append(agrees() ? "all of them agree%n".formatted() : "");
    return text.toString();
  }

  private static void list(StringBuilder text, String what, List<String> partitions) {
    if (!partitions.isEmpty()) {
      text.append(
          "%d partitions: %s: %s%n"
              .formatted(partitions.size(), what, String.join(", ", partitions)));
    }
  }
}
