package com.example.plain;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Reads a file from its begin to the first bad record. It is torn there, by a crash in the middle
 * of a write, unless some record, in front of the bad one or behind it, says that the file was
 * synced beyond: then it is damaged.
 *
 * @param writer of the log that was opened
 * @param index what it holds
 */
record Recovery(LogWriter writer, LogIndex index) {

  /** What was read of a file. */
  private record Scan(LogBase base, List<Stored> entries, long synced, long end) {

    long endIndex() {
      return base.index() + 1 + entries.size();
    }
  }

  /** As {@code StorageEngine.openCutAt}. */
  static Recovery open(LogId id, Path path, Disk disk, long endIndex) {
    try {
      LogFile file = new LogFile(id, path, disk);
      try {
        return open(id, path, disk, file, endIndex);
      } catch (IOException | RuntimeException e) {
        file.release();
        throw e;
      }
    } catch (IOException e) {
      throw Disk.failure("open " + path, e);
    }
  }

  private static Recovery open(LogId id, Path path, Disk disk, LogFile file, long endIndex)
      throws IOException {
    Scan scan = scan(path, file);
    if (scan.end() < scan.synced() && scan.endIndex() < endIndex) {
      throw new CorruptLogException(
          "damage at %d of %s".formatted(scan.end(), path), scan.endIndex());
    }
    long kept = Math.max(0, Math.min(endIndex, scan.endIndex()) - scan.base().index() - 1);
    List<Stored> entries = scan.entries().subList(0, (int) kept);
    long end =
        kept < scan.entries().size() ? scan.entries().get((int) kept).position() : scan.end();
    LogWriter writer = new LogWriter(id, path, disk, file, end);
    if (end < scan.synced()) {
      entries = writer.rewrite(scan.base(), entries, Entry::new);
      file.release();
    } else {
      file.settle(path, scan.synced(), end);
    }
    return new Recovery(writer, new LogIndex(scan.base(), entries));
  }

  private static Scan scan(Path path, LogFile file) throws IOException {
    LogFile.Content first =
        file.read(0).orElseThrow(() -> new CorruptLogException("no base in " + path, 0));
    ByteBuffer body = first.body();
    LogBase base = new LogBase(body.getLong(), body.getLong(), body.getLong(), body.getLong());
    List<Stored> entries = new ArrayList<>();
    long synced = first.synced();
    long end = first.end();
    for (Optional<LogFile.Content> next = file.read(end); next.isPresent(); next = file.read(end)) {
      LogFile.Content content = next.get();
      if (content.kind() == LogFile.ENTRY) {
        entries.add(Stored.at(end, EntryHeader.readFrom(content.body())));
      }
      synced = Math.max(synced, content.synced());
      end = content.end();
    }
    OptionalLong behind = file.search(end + 1);
    while (behind.isPresent() && synced <= end) {
      LogFile.Content content = file.read(behind.getAsLong()).orElseThrow();
      synced = Math.max(synced, content.synced());
      behind = file.search(content.end());
    }
    return new Scan(base, entries, synced, end);
  }
}
