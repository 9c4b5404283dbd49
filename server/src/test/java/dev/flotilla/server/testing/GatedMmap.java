package dev.flotilla.server.testing;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.FlushGate;
import dev.flotilla.storage.testkit.GatedEngineFactory;
import java.nio.file.Path;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The engine {@value #NAME}: the mmap engine behind a gate, one gate for each directory of an
 * engine. A gate outlives the engines that are opened on its directory, and is there before them.
 * Public for {@link ServiceLoader}.
 */
public final class GatedMmap implements StorageEngineFactory {

  /** What {@code storage.engine} has to say. */
  public static final String NAME = "gated-mmap";

  private static final String BEHIND = "mmap";
  private static final Map<Path, GatedEngineFactory> GATED = new ConcurrentHashMap<>();

  /** The gate of the groups of partitions of the node with this data directory. */
  public static FlushGate gateOfPartitions(Path dataDirectory) {
    return gated(dataDirectory.resolve("data")).gate();
  }

  /** The gate of the metadata group of the node with this data directory. */
  public static FlushGate gateOfMetadata(Path dataDirectory) {
    return gated(dataDirectory.resolve("metadata")).gate();
  }

  private static GatedEngineFactory gated(Path raftDirectory) {
    return gatedEngine(raftDirectory.resolve("engines").resolve(NAME));
  }

  private static GatedEngineFactory gatedEngine(Path directory) {
    return GATED.computeIfAbsent(
        directory.toAbsolutePath().normalize(), absent -> new GatedEngineFactory(mmap()));
  }

  private static StorageEngineFactory mmap() {
    return ServiceLoader.load(StorageEngineFactory.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(factory -> factory.name().equals(BEHIND))
        .findFirst()
        .orElseThrow();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public StorageEngine open(EngineContext context) {
    return gatedEngine(context.directory()).open(context);
  }
}
