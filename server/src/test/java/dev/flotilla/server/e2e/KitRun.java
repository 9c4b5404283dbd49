package dev.flotilla.server.e2e;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * A program that runs test classes of its class path, as the build of an engine of somebody else's
 * does. What failed goes to stderr.
 */
final class KitRun {

  private KitRun() {}

  /**
   * What became of the tests of a class.
   *
   * @param skipped those that ask for the long run
   */
  record Outcome(String testClass, long found, long passed, long skipped) {

    static Outcome parse(String line) {
      String[] words = line.split(" ");
      return new Outcome(
          words[0], Long.parseLong(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]));
    }

    private String line() {
      return String.join(
          " ", testClass, Long.toString(found), Long.toString(passed), Long.toString(skipped));
    }
  }

  /** Arguments: the file that the outcomes go to, a line each, and the names of the classes. */
  public static void main(String[] arguments) throws IOException {
    List<String> outcomes = new ArrayList<>();
    for (String testClass : Arrays.asList(arguments).subList(1, arguments.length)) {
      outcomes.add(run(testClass).line());
    }
    Files.write(Path.of(arguments[0]), outcomes);
  }

  private static Outcome run(String testClass) {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(DiscoverySelectors.selectClass(testClass))
            .build();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request, listener);
    TestExecutionSummary summary = listener.getSummary();
    summary.printFailuresTo(new PrintWriter(System.err, true, StandardCharsets.UTF_8));
    return new Outcome(
        testClass,
        summary.getTestsFoundCount(),
        summary.getTestsSucceededCount(),
        summary.getTestsSkippedCount());
  }
}
