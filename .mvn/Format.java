import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * Lays out every Java source of the reactor: {@code Format check|apply|skip DIR}. Exits 1 when a check finds a difference. Looks at
 * what changed since the last run that found nothing.
 */
class Format {
  public static void main(String[] args) throws Exception {
    if (args[0].equals("skip")) {
      return;
    }
    boolean apply = args[0].equals("apply");
    Path root = Path.of(args[1]);
    Path stamp = root.resolve("target/.format-checked");
    FileTime checked = Files.exists(stamp) ? Files.getLastModifiedTime(stamp) : FileTime.fromMillis(0);
    FileTime now = FileTime.from(Instant.now());
    List<Path> sources;
    try (Stream<Path> files = Files.walk(root)) {
      sources = files.filter(Format::isSource).filter(file -> changedSince(file, checked)).sorted().toList();
    }
    List<Path> differing = sources.parallelStream().filter(source -> differs(source, apply)).toList();
    if (!apply && !differing.isEmpty()) {
      differing.forEach(source -> System.err.println("not laid out: " + root.relativize(source)));
      System.err.println("run: mvn validate -Dformat=apply");
      System.exit(1);
    }
    Files.createDirectories(stamp.getParent());
    Files.write(stamp, new byte[0]);
    Files.setLastModifiedTime(stamp, now);
  }

  private static boolean changedSince(Path file, FileTime checked) {
    try {
      return Files.getLastModifiedTime(file).compareTo(checked) >= 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isSource(Path file) {
    String name = file.toString();
    return name.endsWith(".java") && !name.contains("/target/") && !name.contains("/.mvn/");
  }

  private static boolean differs(Path source, boolean apply) {
    try {
      String before = Files.readString(source);
      String after = new Formatter().formatSource(
          ImportOrderer.reorderImports(RemoveUnusedImports.removeUnusedImports(before), JavaFormatterOptions.Style.GOOGLE));
      if (before.equals(after)) {
        return false;
      }
      if (apply) {
        Files.writeString(source, after);
      }
      return true;
    } catch (Exception e) {
      throw new IllegalStateException(source + ": " + e.getMessage(), e);
    }
  }
}
