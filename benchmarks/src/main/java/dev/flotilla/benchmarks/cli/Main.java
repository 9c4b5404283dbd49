package dev.flotilla.benchmarks.cli;

import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import picocli.CommandLine;

/** {@code bin/flotilla bench}. Exit status as that of {@code bin/flotilla}. */
public final class Main {

  /** Where the project lies; the launcher sets it. */
  private static final String HOME = "flotilla.home";

  private Main() {}

  public static void main(String[] arguments) {
    System.exit(run(Path.of(System.getProperty(HOME, ".")), Clock.systemUTC(), arguments));
  }

  static int run(Path home, Clock clock, String... arguments) {
    return new CommandLine(new BenchCommand(home, clock, List.of(arguments)))
        .setExecutionExceptionHandler((failure, command, parsed) -> {
          command.getErr().println("flotilla: " + failure.getMessage());
          return command.getCommandSpec().exitCodeOnExecutionException();
        })
        .execute(arguments);
  }
}
