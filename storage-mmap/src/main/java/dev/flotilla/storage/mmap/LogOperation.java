package dev.flotilla.storage.mmap;

import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.WriteSet;
import java.util.concurrent.CompletableFuture;

/** Something that is to be done to a log, in the order in which it was asked for. */
sealed interface LogOperation {

  /** Completes when it is durable and visible. */
  CompletableFuture<Void> done();

  /** Cut and append. */
  record Write(WriteSet set, CompletableFuture<Void> done) implements LogOperation {}

  /** Drop a prefix. */
  record Drop(LogBase base, CompletableFuture<Void> done) implements LogOperation {}

  /** Replace all by nothing. */
  record Reset(LogBase base, CompletableFuture<Void> done) implements LogOperation {}

  /** Write the durable mark of a log at rest. */
  record Mark(CompletableFuture<Void> done) implements LogOperation {}

  /** Put a rewritten segment file in the place of another, if that is still the log's. */
  record Replace(
      Manifest.SegmentRecord old, Manifest.SegmentRecord rewritten, CompletableFuture<Void> done)
      implements LogOperation {}

  /** Close the files. */
  record Close(CompletableFuture<Void> done) implements LogOperation {}
}
