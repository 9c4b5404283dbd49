package dev.flotilla.server.local;

import dev.flotilla.server.cli.Main;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How this JVM starts another like itself: the same java, flags and class path. */
final class JavaCommand {

  private static final List<String> HEAP_FLAGS = List.of("-Xmx", "-XX:MaxRAM", "-XX:MaxHeapSize");

  private JavaCommand() {}

  /** A command of {@code flotilla}, with more flags for its JVM. */
  static List<String> of(List<String> flags, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ownFlags());
    command.addAll(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(arguments);
    return command;
  }

  /** Whether somebody chose the heap of this JVM, and so of those like it. */
  static boolean heapIsChosen() {
    return ownFlags().stream().anyMatch(flag -> HEAP_FLAGS.stream().anyMatch(flag::startsWith));
  }

  private static List<String> ownFlags() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        // A debugger or a profiler is attached to one process.
        .filter(flag -> !flag.startsWith("-agent") && !flag.startsWith("-javaagent"))
        .toList();
  }
}
