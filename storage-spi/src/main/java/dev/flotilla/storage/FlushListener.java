package dev.flotilla.storage;

/**
 * Told of every sync that an engine waits for before it goes on, also of those that make no entry
 * durable (a new file's, a truncation's). Called on the engine's threads, after the sync, before
 * the writes that it made durable complete and before the engine writes what had to wait for it.
 * Must not block; the test kit does, to see what a power cut would leave.
 */
public interface FlushListener {

  /** Hears nothing. */
  FlushListener NONE = (entries, bytes, nanos) -> {};

  /**
   * A flush succeeded.
   *
   * @param entries entries that became durable with it, 0 if the sync was for something else
   * @param bytes their stored size
   * @param nanos time from the start of the write to the end of the sync
   */
  void flushed(int entries, long bytes, long nanos);
}
