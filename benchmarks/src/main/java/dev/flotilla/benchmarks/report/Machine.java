package dev.flotilla.benchmarks.report;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The machine that is measured on, as far as it says what it is.
 *
 * @param lines one fact each
 */
public record Machine(List<String> lines) {

  private static final double KB_PER_GB = 1 << 20;

  public Machine {
    lines = List.copyOf(lines);
  }

  /**
   * This machine.
   *
   * @param directory on the disk that is measured
   */
  public static Machine here(Path directory) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add(
        "CPU: %s, %d cores"
            .formatted(
                field(Path.of("/proc/cpuinfo"), "model name").orElse(property("os.arch")),
                Runtime.getRuntime().availableProcessors()));
    memory().ifPresent(gigabytes -> lines.add("memory: " + gigabytes));
    lines.add("disk: " + disk(directory));
    lines.add("kernel: %s %s".formatted(property("os.name"), property("os.version")));
    lines.add(
        "JDK: %s %s (%s)"
            .formatted(
                property("java.vm.name"),
                property("java.runtime.version"),
                property("java.vendor")));
    return new Machine(lines);
  }

  private static String property(String name) {
    return System.getProperty(name, "unknown");
  }

  private static Optional<String> memory() throws IOException {
    return field(Path.of("/proc/meminfo"), "MemTotal")
        .map(total -> Long.parseLong(total.replace(" kB", "")))
        .map(kilobytes -> String.format(Locale.ROOT, "%.1f GB", kilobytes / KB_PER_GB));
  }

  /** A line {@code NAME : VALUE} of a file of the kernel. */
  private static Optional<String> field(Path file, String name) throws IOException {
    if (!Files.isReadable(file)) {
      return Optional.empty();
    }
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst();
    }
  }

  private static String disk(Path directory) throws IOException {
    FileStore store = Files.getFileStore(directory);
    String device = Path.of(store.name()).getFileName().toString();
    Path model = Path.of("/sys/block", device, "device", "model");
    String said = Files.isReadable(model) ? ", " + Files.readString(model).strip() : "";
    return "%s on %s%s".formatted(store.type(), store.name(), said);
  }
}
