package dev.flotilla.storage.lmdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every commit is synced (docs/decisions/0008), and no stray write of the process reaches the map:
 * the flags that LMDB has for the contrary are named in no class of the engine.
 */
final class EnvFlagsTest {

  @ParameterizedTest
  @ValueSource(strings = {"MDB_NOSYNC", "MDB_NOMETASYNC", "MDB_MAPASYNC", "MDB_WRITEMAP"})
  void shouldOpenNoEnvironmentThatIsLessThanDurable(String flag) throws Exception {
    assertThat(classesThatName(flag)).isEmpty();
  }

  @Test
  void shouldFindTheFlagsThatAreUsed() throws Exception {
    assertThat(classesThatName("MDB_NOLOCK")).containsExactly("CheckMain.class");
    assertThat(classesThatName("MDB_NOSUBDIR"))
        .containsExactlyInAnyOrder("Environment.class", "CheckMain.class");
  }

  /** A class names what it uses in plain text. */
  private static List<String> classesThatName(String word) throws Exception {
    Path classes =
        Path.of(LmdbEngine.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    try (Stream<Path> found = Files.walk(classes.resolve("dev/flotilla/storage/lmdb"))) {
      return found
          .filter(file -> file.toString().endsWith(".class"))
          .filter(file -> !file.getFileName().toString().startsWith("EnvFlagsTest"))
          .filter(file -> text(file).contains(word))
          .map(file -> file.getFileName().toString())
          .toList();
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
