package dev.flotilla.benchmarks.jmh;

import dev.flotilla.storage.FlushMode;

/** Flush modes as the configuration of a node calls them. */
final class FlushModes {

  private FlushModes() {}

  static FlushMode of(String name) {
    return switch (name) {
      case "commit" -> FlushMode.COMMIT;
      case "unsafe-os" -> FlushMode.UNSAFE_OS;
      default -> throw new IllegalArgumentException("no flush mode " + name);
    };
  }
}
