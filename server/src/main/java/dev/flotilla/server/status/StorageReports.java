package dev.flotilla.server.status;

import java.util.List;
import java.util.stream.Collectors;

/** What the replicas of several nodes take on their disks. */
public record StorageReports(List<StorageReport> nodes) {

  public StorageReports {
    nodes = List.copyOf(nodes);
  }

  /** Whether nothing is wrong with any replica. */
  public boolean sound() {
    return nodes.stream().allMatch(StorageReport::sound);
  }

  public String json() {
    return Status.json(this);
  }

  /** For people. */
  public String text() {
    return nodes.stream().map(StorageReport::text).collect(Collectors.joining());
  }
}
