package dev.flotilla.storage;

/** When a write counts as durable. */
public enum FlushMode {
  /** When it survives a power cut: written and synced to the device. */
  COMMIT,
  /** When it survives the death of the process: handed to the operating system. */
  UNSAFE_OS
}
