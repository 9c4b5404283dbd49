package dev.flotilla.server.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code bin/flotilla}. Exit status: 0 done, 1 failed and one line says why, 2 wrong usage. */
@Command(
    name = "flotilla",
    description = "A log service that speaks the Kafka protocol.",
    mixinStandardHelpOptions = true,
    version = "flotilla 0.1.0",
    subcommands = {
      ServerCommand.class,
      ClusterCommand.class,
      StatusCommand.class,
      StorageCommand.class,
      VerifyCommand.class
    })
public final class Main {

  private Main() {}

  public static void main(String[] arguments) {
    int status = 1;
    try {
      status = run(arguments);
    } finally {
      // Also after an Error, when threads of a node that is half there would keep the process.
      System.exit(status);
    }
  }

  static int run(String... arguments) {
    return new CommandLine(new Main())
        .setExecutionExceptionHandler((failure, command, parsed) -> {
          command.getErr().println("flotilla: " + reason(failure));
          return command.getCommandSpec().exitCodeOnExecutionException();
        })
        .execute(arguments);
  }

  /** What went wrong, in one line. */
  private static String reason(Throwable failure) {
    String message = failure.getMessage();
    return message == null ? failure.toString() : message;
  }
}
