package dev.flotilla.benchmarks.subject;

import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.StorageEngine;

/** A storage engine. */
final class EngineSubject implements Subject {

  private final StorageEngine engine;

  EngineSubject(StorageEngine engine) {
    this.engine = engine;
  }

  @Override
  public SubjectLog newLog() {
    return new EngineLog(engine.create(LogId.random(), LogBase.ORIGIN));
  }

  @Override
  public void close() {
    engine.close();
  }
}
