package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/storage-engine.md shows pieces of the example engine as they are. */
class StorageEnginePageTest {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path EXAMPLE = ROOT.resolve("docs/example-engine");
  private static final Path PAGE = ROOT.resolve("docs/storage-engine.md");

  @Test
  void shouldShowCodeOfTheExampleAsItIs() throws IOException {
    List<String> snippets = snippets("java");

    assertThat(snippets).hasSizeGreaterThan(3);
    assertThat(contents(".java")).contains(snippets);
  }

  @Test
  void shouldShowTheBuildOfTheExampleAsItIs() throws IOException {
    List<String> snippets = snippets("xml");

    assertThat(snippets).isNotEmpty();
    assertThat(contents("pom.xml")).contains(snippets);
  }

  /** Each class of the kit is in the table. */
  @Test
  void shouldNameEveryClassOfTheKit() throws IOException {
    List<String> kit;
    try (Stream<Path> files =
        Files.list(ROOT.resolve("storage-spi/src/test/java/dev/flotilla/storage/testkit"))) {
      kit =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.matches("StorageEngine\\w+Test\\.java"))
              .map(name -> "| `" + name.replace(".java", "` |"))
              .toList();
    }

    assertThat(kit).hasSizeGreaterThan(4);
    assertThat(Files.readString(PAGE)).contains(kit);
  }

  /** The example's build uses the libraries of the reactor, in its versions. */
  @Test
  void shouldBuildTheExampleWithTheVersionsOfTheReactor() throws IOException {
    List<String> versions =
        Pattern.compile(">(\\d[^<]*)</(?:version|flotilla\\.version)>")
            .matcher(contents("pom.xml").replace("<version>1.0</version>", ""))
            .results()
            .map(match -> ">" + match.group(1) + "<")
            .toList();

    assertThat(versions).hasSizeGreaterThan(5);
    assertThat(Files.readString(ROOT.resolve("pom.xml"))).contains(versions);
  }

  /** The blocks of a language that the page shows. */
  private static List<String> snippets(String language) throws IOException {
    return Pattern.compile("(?ms)^```" + language + "\n(.*?)^```$")
        .matcher(Files.readString(PAGE))
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  /** All files of the example whose names end so. */
  private static String contents(String suffix) throws IOException {
    try (Stream<Path> files = Files.walk(EXAMPLE)) {
      StringBuilder contents = new StringBuilder();
      for (Path file : files.filter(each -> each.toString().endsWith(suffix)).toList()) {
        contents.append(Files.readString(file));
      }
      return contents.toString();
    }
  }
}
