package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** The flags without which the JVM does not let LMDB's binding show LMDB's memory. */
final class JvmFlags {

  private static final List<String> OPENED_PACKAGES = List.of("java.nio", "sun.nio.ch");

  private JvmFlags() {}

  /** All flags for a JVM that uses LMDB, those that only spare it warnings among them. */
  static List<String> all() {
    List<String> flags = new ArrayList<>();
    OPENED_PACKAGES.forEach(name -> flags.add("--add-opens=java.base/" + name + "=ALL-UNNAMED"));
    flags.add("--enable-native-access=ALL-UNNAMED");
    flags.add("--sun-misc-unsafe-memory-access=allow");
    return flags;
  }

  /**
   * Does nothing if the JVM was started with them.
   *
   * @throws StorageException that names those that are missing
   */
  static void check() {
    Module base = Object.class.getModule();
    check(name -> base.isOpen(name, JvmFlags.class.getModule()));
  }

  /** The same, told which packages of the JDK are open. */
  static void check(Predicate<String> isOpen) {
    List<String> missing = new ArrayList<>();
    for (String name : OPENED_PACKAGES) {
      if (!isOpen.test(name)) {
        missing.add("--add-opens java.base/" + name + "=ALL-UNNAMED");
      }
    }
    if (!missing.isEmpty()) {
      throw new StorageException(
          "the storage engine lmdb needs the JVM to be started with "
              + String.join(" ", missing)
              + " (bin/flotilla does)");
    }
  }
}
