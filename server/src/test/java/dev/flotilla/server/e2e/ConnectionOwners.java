package dev.flotilla.server.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** Which process is at the other end of a TCP connection of this machine, as Linux' /proc says. */
final class ConnectionOwners {

  private ConnectionOwners() {}

  /** Whether a process has the connection from one port of this machine to another. */
  static boolean owns(long process, int localPort, int remotePort) {
    Optional<String> inode =
        Stream.of("/proc/net/tcp", "/proc/net/tcp6")
            .flatMap(table -> inodes(Path.of(table), localPort, remotePort))
            .findFirst();
    return inode.isPresent() && hasOpen(process, "socket:[" + inode.get() + "]");
  }

  private static Stream<String> inodes(Path table, int localPort, int remotePort) {
    try {
      return Files.readAllLines(table).stream()
          .skip(1)
          .map(line -> line.trim().split("\\s+"))
          .filter(fields -> port(fields[1]) == localPort && port(fields[2]) == remotePort)
          .map(fields -> fields[9]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int port(String address) {
    return Integer.parseInt(address.substring(address.indexOf(':') + 1), 16);
  }

  private static boolean hasOpen(long process, String name) {
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(Path.of("/proc/" + process + "/fd"))) {
      for (Path file : files) {
        if (nameOf(file).equals(name)) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      // It is gone.
      return false;
    }
  }

  private static String nameOf(Path file) {
    try {
      return Files.readSymbolicLink(file).toString();
    } catch (IOException e) {
      // Closed just now.
      return "";
    }
  }
}
