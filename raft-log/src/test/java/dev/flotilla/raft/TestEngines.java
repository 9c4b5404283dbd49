package dev.flotilla.raft;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.FlushGate;
import dev.flotilla.storage.testkit.GatedEngineFactory;
import dev.flotilla.storage.testkit.InMemoryEngineFactory;
import dev.flotilla.storage.testkit.InMemoryEngineFactory.Completion;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The engine {@value #NAME}: logs in memory behind a gate, one gate and one "disk" for each
 * directory, which outlive the engines that are opened on it. Public for {@link
 * java.util.ServiceLoader}.
 */
public final class TestEngines implements StorageEngineFactory {

  static final String NAME = "gated-memory";

  private static final Map<Path, GatedEngineFactory> DISKS = new ConcurrentHashMap<>();
  private static final Map<Path, DiskFaults> FAULTS = new ConcurrentHashMap<>();

  /** The gate of a node's logs. */
  static FlushGate gate(Path nodeDirectory) {
    return disk(nodeDirectory.resolve("engines").resolve(NAME)).gate();
  }

  /** What can be broken below a node's logs. */
  static DiskFaults faults(Path nodeDirectory) {
    return faultsOf(nodeDirectory.resolve("engines").resolve(NAME));
  }

  private static DiskFaults faultsOf(Path directory) {
    return FAULTS.computeIfAbsent(directory, absent -> new DiskFaults());
  }

  private static GatedEngineFactory disk(Path directory) {
    return DISKS.computeIfAbsent(
        directory,
        absent -> new GatedEngineFactory(new InMemoryEngineFactory(Completion.ON_ENGINE_THREAD)));
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public StorageEngine open(EngineContext context) {
    return faultsOf(context.directory()).below(disk(context.directory()).open(context));
  }
}
