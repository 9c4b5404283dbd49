package dev.flotilla.benchmarks.subject;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A log of payloads. The payload that was appended n-th has offset n - 1. One thread at a time
 * calls it.
 */
public interface SubjectLog {

  /** What a log returns that has done all before it returns. */
  CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

  /**
   * Appends payloads as one write. Complete when they are durable in the sense of the {@link
   * SubjectContext}; until then nobody changes them.
   *
   * @param payloads each from position 0 to its limit, on the heap
   */
  CompletableFuture<Void> append(List<ByteBuffer> payloads);

  /**
   * Reads payloads from an offset on: as many as fit, at least one. On return the bytes were in
   * memory that stays readable for as long as a consumer needs it, and one byte of each page of
   * them was touched.
   *
   * @param maxBytes how many bytes to read at most; all payloads of the log have one size
   * @return how many bytes were read
   */
  int read(long offset, int maxBytes);

  /** Finds an offset without reading what is there, and returns something that depends on it. */
  long find(long offset);
}
