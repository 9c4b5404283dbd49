package dev.flotilla.storage.testkit;

import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageEngine;
import java.util.Set;

/**
 * An engine whose writes wait behind a {@link FlushGate}: while it is closed nothing that is
 * written becomes durable or visible, as on a device whose flush takes forever. Everything else
 * goes to the engine behind it at once.
 */
public final class GatedEngine implements StorageEngine {

  private final StorageEngine engine;
  private final FlushGate gate;

  /** Takes the engine over: closes it when it is closed itself. */
  public GatedEngine(StorageEngine engine, FlushGate gate) {
    this.engine = engine;
    this.gate = gate;
  }

  /** What holds back the writes of this engine. */
  public FlushGate gate() {
    return gate;
  }

  @Override
  public Set<LogId> logs() {
    return engine.logs();
  }

  @Override
  public LogStore create(LogId id, LogBase base) {
    gate.checkWorks();
    return gate.guard(engine.create(id, base));
  }

  @Override
  public LogStore open(LogId id) {
    gate.checkWorks();
    return gate.guard(engine.open(id));
  }

  @Override
  public LogStore openCutAt(LogId id, long endIndex) {
    gate.checkWorks();
    return gate.guard(engine.openCutAt(id, endIndex));
  }

  @Override
  public void delete(LogId id) {
    engine.delete(id);
  }

  /** Closes the engine. Writes that wait at a closed gate never reach it, as after a kill. */
  @Override
  public void close() {
    engine.close();
  }
}
