package dev.flotilla.benchmarks.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What was measured, as version control names it. */
final class Revision {

  private Revision() {}

  /** The revision of a project, marked when it has changes; "unknown" where nothing tells. */
  static String of(Path home) {
    try {
      List<String> command =
          new ArrayList<>(List.of("git", "-C", home.toString(), "describe", "--always", "--dirty"));
      Process git = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return git.waitFor() == 0 ? said : "unknown";
    } catch (IOException e) {
      return "unknown";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "unknown";
    }
  }
}
