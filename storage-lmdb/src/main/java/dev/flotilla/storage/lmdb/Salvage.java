package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.LogId;
import dev.flotilla.storage.lmdb.Page.DamageException;
import dev.flotilla.storage.lmdb.Page.Node;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the logs that a damaged environment held: every page is looked at for rows of the database
 * {@code logs} that are whole, whether or not a way leads to it. A page that cannot be read has
 * none. A log that was deleted lately may be among them.
 */
final class Salvage {

  private Salvage() {}

  static Set<LogId> logs(Path environment) throws IOException {
    Set<LogId> found = new HashSet<>();
    try (FileChannel file = FileChannel.open(environment, StandardOpenOption.READ)) {
      for (long number = 0; (number + 1) * Keys.PAGE_BYTES <= file.size(); number++) {
        page(file, number).ifPresent(page -> search(page, found));
      }
    }
    return found;
  }

  private static Optional<Page> page(FileChannel file, long number) throws IOException {
    try {
      return Optional.of(Page.read(file, number, Keys.PAGE_BYTES));
    } catch (DamageException unreadable) {
      return Optional.empty();
    }
  }

  /** A damaged page may tell of too many nodes; what a pointer names is a whole row or none. */
  private static void search(Page page, Set<LogId> found) {
    if (page.kind() == Page.OVERFLOW) {
      return;
    }
    int pointers = (Keys.PAGE_BYTES - Page.HEAD_BYTES) / 2;
    for (int place = 0; place < pointers; place++) {
      node(page, place).ifPresent(node -> row(node, found));
    }
  }

  private static Optional<Node> node(Page page, int place) {
    try {
      return Optional.of(page.node(place));
    } catch (DamageException notANode) {
      return Optional.empty();
    }
  }

  private static void row(Node node, Set<LogId> found) {
    ByteBuffer key = node.key();
    ByteBuffer value = node.stored().slice();
    if (key.limit() == 5
        && key.get(0) == Keys.NAME
        && Checksums.isGood(key, value, NameRow.BYTES)) {
      found.add(NameRow.read(value));
    } else if (key.limit() == 17
        && key.get(0) == Keys.LOG
        && Checksums.isGood(key, value, LogRecord.BYTES)) {
      found.add(Keys.idOf(key));
    } else if (key.limit() == 17
        && key.get(0) == Keys.LOST
        && Checksums.isGood(key, value, MarkRow.BYTES)) {
      found.add(Keys.idOf(key));
    }
  }
}
