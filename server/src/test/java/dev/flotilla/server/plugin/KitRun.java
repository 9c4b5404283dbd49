package dev.flotilla.server.plugin;

import java.io.PrintWriter;
import java.util.Locale;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * A program that runs test classes of its class path as a build of somebody else's would, and prints
 * for each of them one line: its name, how many tests it has, how many passed and how many were left
 * out. What failed goes to stderr.
 */
final class KitRun {

  private KitRun() {}

  public static void main(String[] classes) {
    for (String name : classes) {
      TestExecutionSummary summary = run(name);
      summary.printFailuresTo(new PrintWriter(System.err, true));
      System.out.printf(
          Locale.ROOT,
          "%s %d %d %d%n",
          name,
          summary.getTestsFoundCount(),
          summary.getTestsSucceededCount(),
          summary.getTestsSkippedCount());
    }
    System.out.flush();
  }

  private static TestExecutionSummary run(String className) {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(DiscoverySelectors.selectClass(className))
            .build();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request, listener);
    return listener.getSummary();
  }
}
