package dev.flotilla.server.e2e;

import dev.flotilla.storage.StorageEngine;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/**
 * The engine of docs/storage-engine.md, which is no part of the build: compiled from its sources
 * and put into a jar, as somebody else would.
 */
final class ExampleEngine {

  /** What {@code storage.engine} says. */
  static final String NAME = "plain";

  static final Path SOURCES = Path.of("../docs/example-engine").toAbsolutePath().normalize();

  private ExampleEngine() {}

  /** The jar of a plugins directory, compiled with the engine contract and nothing else. */
  static Path jar(Path plugins, Path classes) throws IOException {
    compile("main", classes, contract());
    Path jar = Files.createDirectories(plugins).resolve("plain-engine-1.0.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      addAll(out, classes);
      addAll(out, SOURCES.resolve("src/main/resources"));
    }
    return jar;
  }

  /** Compiles the tests of the example; their classes' names. */
  static List<String> tests(Path classes, Path jar) throws IOException {
    compile("test", classes, jar + ":" + System.getProperty("java.class.path"));
    return files(SOURCES.resolve("src/test/java"))
        .map(file -> SOURCES.resolve("src/test/java").relativize(file).toString())
        .map(file -> file.replace(".java", "").replace('/', '.'))
        .toList();
  }

  private static void compile(String sources, Path classes, String classPath) throws IOException {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--release", "25", "-proc:none", "-Werror", "-Xlint:all,-classfile"));
    arguments.addAll(List.of("-d", Files.createDirectories(classes).toString()));
    arguments.addAll(List.of("-cp", classPath));
    files(SOURCES.resolve("src/" + sources + "/java")).map(Path::toString).forEach(arguments::add);
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, System.err, arguments.toArray(String[]::new));
    if (status != 0) {
      throw new AssertionError("the example does not compile: javac ended with " + status);
    }
  }

  private static String contract() {
    try {
      return Path.of(
              StorageEngine.class.getProtectionDomain().getCodeSource().getLocation().toURI())
          .toString();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static void addAll(JarOutputStream out, Path root) throws IOException {
    for (Path file : files(root).toList()) {
      out.putNextEntry(new JarEntry(root.relativize(file).toString()));
      Files.copy(file, out);
      out.closeEntry();
    }
  }

  /** All files below a directory. */
  static Stream<Path> files(Path root) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      return paths.filter(Files::isRegularFile).sorted().toList().stream();
    }
  }
}
