package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.StorageEngine;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineCatalogTest {

  /**
   * An engine somebody else wrote: it counts how often it was opened and closed, in its directory.
   */
  private static final String PLUGIN =
      """
      package PACKAGE;
      import dev.flotilla.storage.*;
      import java.nio.file.*;
      import java.util.Set;
      public final class Factory implements StorageEngineFactory {
        public String name() { return "NAME"; }
        public StorageEngine open(EngineContext context) {
          try {
            Files.createDirectories(context.directory());
            Files.createFile(context.directory().resolve("opened"));
            Files.writeString(context.directory().resolve("settings"), context.settings().toString());
          } catch (java.io.IOException e) { throw new StorageException("cannot open", e); }
          return new StorageEngine() {
            public Set<LogId> logs() { return Set.of(); }
            public LogStore create(LogId id, LogBase base) { throw new UnsupportedOperationException(); }
            public LogStore open(LogId id) { throw new UnsupportedOperationException(); }
            public LogStore openCutAt(LogId id, long endIndex) { throw new UnsupportedOperationException(); }
            public void delete(LogId id) {}
            public void close() {
              try { Files.createFile(context.directory().resolve("closed")); }
              catch (java.io.IOException e) { throw new StorageException("cannot close", e); }
            }
          };
        }
      }
      """;

  @TempDir Path temporary;
  private Path plugins = Path.of("");

  @BeforeEach
  void createPlugins() throws IOException {
    plugins = Files.createDirectory(temporary.resolve("plugins"));
  }

  @Test
  void shouldOpenEngineFromPluginOnceWithItsOwnDirectoryAndSettings() throws Exception {
    // given
    addPlugin("a.jar", "their-own");

    try (EngineCatalog catalog = catalog()) {
      // when
      StorageEngine first = catalog.engine("their-own");
      StorageEngine second = catalog.engine("their-own");

      // then
      assertThat(second).isSameAs(first);
      assertThat(engineDirectory().resolve("opened")).exists();
      assertThat(engineDirectory().resolve("settings")).hasContent("{speed=9}");
    }
    assertThat(engineDirectory().resolve("closed")).exists();
  }

  @Test
  void shouldOpenNoEngineBeforeItIsAskedFor() throws Exception {
    addPlugin("a.jar", "their-own");

    try (EngineCatalog catalog = catalog()) {
      assertThat(catalog.names()).contains("their-own");
      assertThat(engineDirectory()).doesNotExist();
    }
  }

  @Test
  void shouldNameKnownEnginesWhenAskedForAnUnknownOne() throws Exception {
    addPlugin("a.jar", "their-own");

    try (EngineCatalog catalog = catalog()) {
      assertThatThrownBy(() -> catalog.engine("mmpa"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'mmpa'")
          .hasMessageContaining("their-own");
    }
  }

  @Test
  void shouldRefuseTwoEnginesOfOneName() throws Exception {
    addPlugin("a.jar", "their-own");
    addPlugin("b.jar", "their-own", "plugin2");

    assertThatThrownBy(this::catalog)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("plugin.Factory")
        .hasMessageContaining("plugin2.Factory");
  }

  @Test
  void shouldSayWhichPluginCannotBeLoaded() throws Exception {
    writeJar(plugins.resolve("a.jar"), Map.of(SERVICE, bytes("plugin.Missing")));

    assertThatThrownBy(this::catalog)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("plugin.Missing");
  }

  @Test
  void shouldTryAgainAfterAnEngineFailedToOpen() throws Exception {
    // given
    addPlugin("a.jar", "their-own");
    Path obstacle = temporary.resolve("engines");
    Files.createFile(obstacle);

    try (EngineCatalog catalog = catalog()) {
      assertThatThrownBy(() -> catalog.engine("their-own")).hasMessageContaining("cannot open");

      // when
      Files.delete(obstacle);

      // then
      assertThat(catalog.engine("their-own")).isNotNull();
    }
  }

  @Test
  void shouldWorkWithoutPlugins() throws Exception {
    try (EngineCatalog catalog =
            new EngineCatalog(config(), Optional.empty(), name -> FlushListener.NONE);
        EngineCatalog absent =
            new EngineCatalog(
                config(), Optional.of(temporary.resolve("nowhere")), name -> FlushListener.NONE)) {
      assertThat(catalog.names()).isEqualTo(absent.names());
    }
  }

  @Test
  void shouldOpenNothingAfterClose() throws Exception {
    addPlugin("a.jar", "their-own");
    EngineCatalog catalog = catalog();
    catalog.close();
    catalog.close();

    assertThatThrownBy(() -> catalog.engine("their-own")).isInstanceOf(IllegalStateException.class);
  }

  private static final String SERVICE =
      "META-INF/services/dev.flotilla.storage.StorageEngineFactory";

  private EngineCatalog catalog() {
    return new EngineCatalog(config(), Optional.of(plugins), name -> FlushListener.NONE);
  }

  private RaftNodeConfig config() {
    return new RaftNodeConfig(
        new Voter("1-a", 1, "localhost", 0),
        temporary,
        "their-own",
        FlushMode.COMMIT,
        Map.of("their-own", Map.of("speed", "9")),
        1 << 20,
        1 << 20,
        1 << 24,
        Duration.ofSeconds(1),
        Duration.ofSeconds(2),
        Clock.systemUTC());
  }

  private Path engineDirectory() {
    return temporary.resolve("engines").resolve("their-own");
  }

  private void addPlugin(String jar, String engine) throws IOException {
    addPlugin(jar, engine, "plugin");
  }

  private void addPlugin(String jar, String engine, String packageName) throws IOException {
    Path sources = Files.createDirectories(temporary.resolve("sources").resolve(packageName));
    Path classes = Files.createDirectories(temporary.resolve("classes").resolve(packageName));
    Path source = sources.resolve("Factory.java");
    Files.writeString(source, PLUGIN.replace("PACKAGE", packageName).replace("NAME", engine));
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-cp",
                System.getProperty("java.class.path"),
                "-proc:none",
                "-d",
                classes.toString(),
                source.toString());
    assertThat(result).isZero();
    Path compiled = classes.resolve(packageName);
    writeJar(
        plugins.resolve(jar),
        Map.of(
            packageName + "/Factory.class",
            Files.readAllBytes(compiled.resolve("Factory.class")),
            packageName + "/Factory$1.class",
            Files.readAllBytes(compiled.resolve("Factory$1.class")),
            SERVICE,
            bytes(packageName + ".Factory")));
  }

  private static void writeJar(Path jar, Map<String, byte[]> content) throws IOException {
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file)) {
      for (Map.Entry<String, byte[]> entry : content.entrySet()) {
        out.putNextEntry(new JarEntry(entry.getKey()));
        out.write(entry.getValue());
        out.closeEntry();
      }
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
