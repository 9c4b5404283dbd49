package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.Continuation;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.WriteSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Something that is to be done to a log, in the order in which it was asked for. */
sealed interface LogOperation {

  /** Completes when it is durable and visible. */
  CompletableFuture<Void> done();

  /**
   * Cut and append.
   *
   * @param from what its entries continue
   */
  record Write(WriteSet set, Continuation from, CompletableFuture<Void> done)
      implements LogOperation {}

  /** Drop a prefix. */
  record Drop(LogBase base, CompletableFuture<Void> done) implements LogOperation {}

  /** Replace all by nothing. */
  record Reset(LogBase base, CompletableFuture<Void> done) implements LogOperation {}

  /** Put compacted entries in the place of those they were made from, where these still are. */
  record Replace(List<Replacement> replacements, CompletableFuture<Void> done)
      implements LogOperation {}

  /** Nothing: what was asked for before is done. */
  record Close(CompletableFuture<Void> done) implements LogOperation {}

  /** An entry as it becomes, and what it was made from. */
  record Replacement(Entry entry, StoredEntry before) {}
}
