package dev.flotilla.raft;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.UUID;

/**
 * The program that {@link ConversionKillTest} kills: moves a replica to and fro between two engines
 * for ever, as the starts of a node would. Prints each step.
 */
final class KilledConversion {

  private KilledConversion() {}

  /** Arguments: the directory of the node, the group. */
  public static void main(String[] arguments) throws Exception {
    ConvertedReplica replica =
        new ConvertedReplica(Path.of(arguments[0]), UUID.fromString(arguments[1]));
    for (boolean going = true; going; ) {
      String to = other(replica.descriptor().getEngine());
      replica.sweep(to);
      ConversionTotals totals =
          replica.convert(to, DiskRoom.Usable.ON_DISK, step -> print(step.name()));
      going = totals.converted() == 1;
    }
    print("not converted");
  }

  static String other(String engine) {
    return engine.equals(ConvertedReplica.MMAP) ? ConvertedReplica.LMDB : ConvertedReplica.MMAP;
  }

  /** In one write to the pipe. */
  private static void print(String line) {
    try {
      System.out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      System.out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
