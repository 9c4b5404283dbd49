package dev.flotilla.server.cli;

import dev.flotilla.server.status.NodePages;
import dev.flotilla.server.status.StorageCheck;
import dev.flotilla.server.status.StorageReport;
import dev.flotilla.server.status.StorageReports;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code flotilla storage}: what replicas take on disks, and whether it is what was written. */
@Command(
    name = "storage",
    description = {
      "Shows of every replica: its storage engine, bytes on the disk, entries and offsets; of nodes"
          + " that run, or of the data directory of one that does not.",
      "Status 0: nothing is wrong. 1: a replica cannot be used, or a node does not answer. 2: wrong"
          + " usage."
    },
    mixinStandardHelpOptions = true,
    subcommands = {StorageCommand.Verify.class, StorageCommand.DigestCommand.class},
    footer = {
      "",
      "Examples:",
      "  flotilla storage                                of the cluster of 127.0.0.1:9092",
      "  flotilla storage --data /srv/flotilla           of a node that does not run",
      "  flotilla storage verify --metrics host1:9644    reads all of one node, and checks it",
      "  flotilla storage digest                         compares the replicas of each partition"
    })
final class StorageCommand implements Callable<Integer> {

  @Mixin private AskedNodes asked;
  @Mixin private AskedDirectory directory;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  StorageCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    return directory.isAsked()
        ? directory.ask(asked, node -> print(List.of(node.report())))
        : asked.ask(this::show);
  }

  private int print(List<StorageReport> reports) {
    StorageReports all = new StorageReports(reports);
    asked.print(all.text(), all.json());
    return all.sound() ? 0 : 1;
  }

  private int show(List<NodePages> nodes) {
    List<StorageReport> reports = new ArrayList<>();
    for (NodePages node : nodes) {
      Optional<StorageReport> report = node.storage();
      if (report.isEmpty()) {
        return asked.silence(List.of(node.address()));
      }
      reports.add(report.get());
    }
    return print(reports);
  }

  /** {@code flotilla storage verify}: whether all entries are what was written. */
  @Command(
      name = "verify",
      description = {
        "Reads every entry of every replica and checks it against its checksums; of nodes that run,"
            + " or of the data directory of one that does not.",
        "A node that runs sets aside what is found damaged, and has it made anew from the others.",
        "Status 0: all is what was written. 1: something is not, or a node does not answer. 2: wrong"
            + " usage."
      },
      mixinStandardHelpOptions = true)
  static final class Verify implements Callable<Integer> {

    @Mixin private AskedNodes asked;
    @Mixin private AskedDirectory directory;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields
    Verify() {}

    @Override
    public Integer call() throws InterruptedException {
      return directory.isAsked()
          ? directory.ask(asked, node -> print(node.check()))
          : asked.ask(this::verify);
    }

    private int verify(List<NodePages> nodes) {
      StorageCheck.Summary summary = StorageCheck.Summary.NONE;
      for (NodePages node : nodes) {
        Optional<StorageReport> report = node.storage();
        if (report.isEmpty()) {
          return asked.silence(List.of(node.address()));
        }
        for (StorageReport.Stored replica : report.get().replicas()) {
          summary =
              summary.and(
                  report.get().node(),
                  replica.name(),
                  node.check(replica).orElseGet(() -> StorageCheck.wrong("no answer")));
        }
      }
      return print(summary);
    }

    private int print(StorageCheck.Summary summary) {
      asked.print(summary.text(), summary.json());
      return summary.sound() ? 0 : 1;
    }
  }

  /** {@code flotilla storage digest}, the same as {@link VerifyCommand}. */
  @Command(
      name = "digest",
      description = {
        "Compares the replicas of every partition, whatever their storage engines: the digest of all"
            + " records up to the newest entry that all replicas have. Where they differ it names"
            + " the first entry at which they do. Can be done at any time.",
        "Status 0: all that could be compared agree. 1: replicas differ, or a node does not answer."
            + " 2: wrong usage."
      },
      mixinStandardHelpOptions = true)
  static final class DigestCommand implements Callable<Integer> {

    @Mixin private AskedNodes asked;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields
    DigestCommand() {}

    @Override
    public Integer call() throws InterruptedException {
      return VerifyCommand.compare(asked);
    }
  }
}
