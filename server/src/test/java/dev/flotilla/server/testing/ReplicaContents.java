package dev.flotilla.server.testing;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageEngineFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;

/** What the replicas of partitions hold on the disk of a node that does not run. */
public final class ReplicaContents {

  private static final String ENGINE = "mmap";

  private ReplicaContents() {}

  /**
   * A replica's records, whatever its group.
   *
   * @param endOffset the offset after the last record
   * @param digest over the payloads of all entries
   * @param bytes of all payloads, each of which was read and verified
   */
  public record Content(long endOffset, long digest, long bytes) {}

  /**
   * Of all replicas, in an order that is the same on all nodes that hold the same.
   *
   * @param dataDirectory the node's
   */
  public static List<Content> of(Path dataDirectory) {
    List<Content> contents = new ArrayList<>();
    try (StorageEngine engine = open(dataDirectory.resolve("data/engines").resolve(ENGINE))) {
      for (LogId log : engine.logs()) {
        try (LogStore store = engine.open(log)) {
          contents.add(content(store));
        }
      }
    }
    contents.sort((a, b) ->
        a.endOffset() == b.endOffset()
            ? Long.compare(a.digest(), b.digest())
            : Long.compare(a.endOffset(), b.endOffset()));
    return contents;
  }

  private static StorageEngine open(Path directory) {
    return ServiceLoader.load(StorageEngineFactory.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(factory -> factory.name().equals(ENGINE))
        .findFirst()
        .orElseThrow()
        .open(
            new EngineContext(
                directory, FlushMode.COMMIT, 4 << 20, 2 << 20, Map.of(), FlushListener.NONE));
  }

  private static Content content(LogStore store) {
    List<EntryHeader> headers = new ArrayList<>();
    store.headers(store.base().index() + 1, store.endIndex(), headers::add);
    long bytes = 0;
    for (EntryHeader header : headers) {
      if (header.offsetSpan() > 0) {
        try (Slice payload = store.payload(header.index())) {
          bytes += payload.bytes();
        }
      }
    }
    long digest = headers.isEmpty() ? store.base().digest() : headers.getLast().digest();
    return new Content(store.endOffset(), digest, bytes);
  }
}
