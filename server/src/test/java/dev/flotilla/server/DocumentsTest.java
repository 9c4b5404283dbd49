package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the documents name is there. */
class DocumentsTest {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  /** A word in backticks that looks like one of our types. */
  private static final Pattern TYPE = Pattern.compile("`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`");

  /** Types of libraries that are named as such. */
  private static final Set<String> OF_LIBRARIES = Set.of("LogValidator", "MetadataImage");

  private static final Pattern LINK = Pattern.compile("\\((docs/[^)]+|[A-Z]+\\.md)\\)");

  @Test
  void shouldNameTypesThatExist() throws IOException {
    Set<String> named = named(TYPE, "ARCHITECTURE.md", "README.md");

    assertThat(named).hasSizeGreaterThan(30);
    named.removeAll(typesIn("main"));
    assertThat(named).isSubsetOf(OF_LIBRARIES);
  }

  @Test
  void shouldNameKeepersAndTestsOfRulesThatExist() throws IOException {
    Set<String> named = named(TYPE, "docs/rules.md");
    Set<String> tests = new TreeSet<>(named);
    tests.removeIf(name -> !name.endsWith("Test"));

    assertThat(tests).hasSizeGreaterThan(10).isSubsetOf(typesIn("test"));
    named.removeAll(tests);
    assertThat(named).hasSizeGreaterThan(10).isSubsetOf(typesIn("main"));
  }

  /** Each rule is shown by a test. */
  @Test
  void shouldNameATestForEveryRule() throws IOException {
    List<String> rules =
        Files.readAllLines(ROOT.resolve("docs/rules.md")).stream()
            .filter(line -> line.startsWith("| ") && !line.startsWith("| rule |"))
            .toList();

    assertThat(rules)
        .hasSizeGreaterThan(20)
        .allSatisfy(rule -> assertThat(rule.split("\\|")[3]).containsPattern("`\\w+Test`"));
  }

  private static Set<String> named(Pattern pattern, String... documents) throws IOException {
    Set<String> named = new TreeSet<>();
    for (String document : documents) {
      pattern
          .matcher(Files.readString(ROOT.resolve(document)))
          .results()
          .forEach(match -> named.add(match.group(1)));
    }
    return named;
  }

  /** The files of all modules, by the name of the type. */
  private static Set<String> typesIn(String kind) throws IOException {
    try (Stream<Path> files = Files.walk(ROOT)) {
      return files
          .map(Path::toString)
          .filter(file -> file.endsWith(".java") && file.contains("/src/" + kind + "/"))
          .map(file -> file.substring(file.lastIndexOf('/') + 1, file.length() - 5))
          .collect(Collectors.toSet());
    }
  }

  @Test
  void shouldLinkToFilesThatExist() throws IOException {
    Set<String> missing = new TreeSet<>();
    for (String document : new String[] {"ARCHITECTURE.md", "README.md"}) {
      LINK.matcher(Files.readString(ROOT.resolve(document)))
          .results()
          .map(match -> match.group(1))
          .filter(link -> !Files.exists(ROOT.resolve(link)))
          .forEach(missing::add);
    }

    assertThat(missing).isEmpty();
  }
}
