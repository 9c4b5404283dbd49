package dev.flotilla.server.api;

import dev.flotilla.server.network.Answer;
import java.util.List;

/**
 * A fetch request with its topics named.
 *
 * @param shared what it reads
 * @param targets its partitions, in order
 * @param minBytes it waits for that many bytes
 * @param maxBytes it is answered with no more, but for a first batch that is larger
 * @param responses writes its response
 */
record Fetch(
    PartitionRequests shared,
    List<FetchTarget> targets,
    int minBytes,
    int maxBytes,
    FetchResponses responses) {

  /** Reads what there is; may block on a disk. */
  FetchPass read() {
    return FetchPass.read(shared, targets, maxBytes);
  }

  /** An answer that takes the pass over. */
  Answer answer(FetchPass pass) {
    try {
      return responses.of(targets, pass);
    } catch (RuntimeException | Error e) {
      pass.close();
      throw e;
    }
  }

  /** Whether reading it may touch records: some partition has any at or after the fetch offset. */
  boolean readsRecords() {
    for (FetchTarget target : targets) {
      if (target.place() == null) {
        continue;
      }
      var partition = shared.partitions().find(target.place());
      if (partition.isPresent() && partition.get().log().highWatermark() > target.fetchOffset()) {
        return true;
      }
    }
    return false;
  }
}
