package dev.flotilla.storage;

/** Told of every flush of an engine. Called on the engine's threads: must not block. */
public interface FlushListener {

  /** Hears nothing. */
  FlushListener NONE = (entries, bytes, nanos) -> {};

  /**
   * A flush succeeded.
   *
   * @param entries entries that became durable with it
   * @param bytes their stored size
   * @param nanos time from the start of the write to the end of the sync
   */
  void flushed(int entries, long bytes, long nanos);
}
