package com.example.plain;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes the file of a log. It is appended to, or written anew beside the old one, which it
 * replaces by its name: so a crash leaves the one or the other. Used by one thread at a time.
 */
final class LogWriter {

  private static final int BASE_BYTES = 32;
  private static final long FIRST_ENTRY = LogFile.HEAD_BYTES + BASE_BYTES;

  private final LogId id;
  private final Path path;
  private final Disk disk;
  private LogFile file;

  /** Up to here the file is on the disk. */
  private long synced;

  /** Where the next record goes. */
  private long end;

  /** What becomes of an entry that is written anew. */
  @FunctionalInterface
  interface Change {

    Entry apply(EntryHeader header, ByteBuffer payload);
  }

  /** For a file that is on the disk up to its end. */
  LogWriter(LogId id, Path path, Disk disk, LogFile file, long end) {
    this.id = id;
    this.path = path;
    this.disk = disk;
    this.file = file;
    this.synced = end;
    this.end = end;
  }

  LogFile file() {
    return file;
  }

  /** Appends entries and syncs them, unless that is left to the system; the entries in the file. */
  List<Stored> append(List<Stored> waiting) throws IOException {
    List<Stored> written = new ArrayList<>();
    long position = end;
    for (Stored each : waiting) {
      written.add(Stored.at(position, each.header()));
      ByteBuffer body = Stored.body(each.header(), each.payload(file));
      position = file.write(position, LogFile.ENTRY, synced, body);
    }
    long bytes = position - end;
    end = position;
    if (bytes > 0 && disk.context().flushMode() == FlushMode.COMMIT) {
      sync(written.size(), bytes);
    }
    return written;
  }

  private void sync(int entries, long bytes) throws IOException {
    file.sync(path, entries, bytes);
    synced = end;
  }

  /**
   * Puts a file with these entries in the place of the present one. That one stays open: its owner
   * releases it.
   */
  List<Stored> rewrite(LogBase base, List<Stored> entries, Change change) throws IOException {
    LogFile copy = emptyFile(id, path, disk);
    try {
      List<Stored> written = new ArrayList<>();
      long position = FIRST_ENTRY;
      for (Stored each : entries) {
        Entry entry = change.apply(each.header(), each.payload(file));
        written.add(Stored.at(position, entry.header()));
        ByteBuffer body = Stored.body(entry.header(), entry.payload());
        position = copy.write(position, LogFile.ENTRY, 0, body);
      }
      install(copy, path, disk, base, position);
      file = copy;
      synced = position;
      end = position;
      return written;
    } catch (IOException | RuntimeException e) {
      copy.release();
      throw e;
    }
  }

  /** Makes the file of a log that holds nothing. */
  static void create(LogId id, Path path, Disk disk, LogBase base) throws IOException {
    LogFile empty = emptyFile(id, path, disk);
    try {
      install(empty, path, disk, base, FIRST_ENTRY);
    } finally {
      empty.release();
    }
  }

  /** What an attempt that failed has left there is removed: its records would look good. */
  private static LogFile emptyFile(LogId id, Path path, Disk disk) throws IOException {
    Files.deleteIfExists(next(path));
    return new LogFile(id, next(path), disk);
  }

  /** Where a file is written before it gets the log's name. */
  private static Path next(Path path) {
    return path.resolveSibling(path.getFileName() + ".next");
  }

  /**
   * Completes a file and gives it the log's name. Its first record says that it was synced up to
   * its end, as it will have been when somebody finds it under that name.
   */
  private static void install(LogFile file, Path path, Disk disk, LogBase base, long end)
      throws IOException {
    ByteBuffer body = ByteBuffer.allocate(BASE_BYTES);
    body.putLong(base.index()).putLong(base.term()).putLong(base.offset()).putLong(base.digest());
    file.write(0, LogFile.BASE, end, body.flip());
    file.sync(next(path), 0, end);
    Files.move(next(path), path, StandardCopyOption.ATOMIC_MOVE);
    disk.syncDirectory();
  }

  /** Says at the end of the file that all of it is on the disk. */
  void seal() throws IOException {
    if (synced < end) {
      sync(0, 0);
    }
    end = file.write(end, LogFile.END, synced, ByteBuffer.allocate(0));
    sync(0, 0);
  }
}
