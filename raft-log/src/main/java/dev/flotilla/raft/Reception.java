package dev.flotilla.raft;

import dev.flotilla.raft.RecentEntries.Recent;
import dev.flotilla.storage.Digest;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;

/** What a leader sent, checked against what a follower holds before it. */
final class Reception {

  private Reception() {}

  /**
   * The entries as they will be stored behind a tail.
   *
   * @throws DivergedException if one of them does not continue the log as Raft's rules say it must
   */
  static List<Recent> verify(LogTail before, List<LogEntryProto> entries) throws DivergedException {
    LogTail tail = before;
    List<Recent> received = new ArrayList<>(entries.size());
    for (LogEntryProto entry : entries) {
      if (entry.getIndex() != tail.nextIndex() || entry.getTerm() < tail.lastTerm()) {
        throw new DivergedException(
            "entry " + entry.getIndex() + " of term " + entry.getTerm() + " after " + tail);
      }
      Recent recent =
          EntryCodec.carriesHeader(entry) ? records(tail, entry) : raftOnly(tail, entry);
      received.add(recent);
      tail = LogTail.after(recent.header());
    }
    return received;
  }

  /** An entry without records, stored as Ratis made it. */
  static Recent raftOnly(LogTail tail, LogEntryProto entry) {
    EntryHeader header =
        new EntryHeader(
            entry.getIndex(),
            entry.getTerm(),
            EntryKind.RAFT_ONLY,
            tail.endOffset(),
            0,
            0,
            EntryHeader.NO_TIMESTAMP,
            tail.largestTimestampMs(),
            tail.digest(),
            List.of(),
            ByteBuffer.allocate(0));
    return new Recent(new Entry(header, EntryCodec.encode(entry)), entry);
  }

  private static Recent records(LogTail tail, LogEntryProto entry) throws DivergedException {
    EntryHeader header;
    try {
      header = EntryCodec.header(entry);
    } catch (IllegalArgumentException e) {
      throw new DivergedException("entry " + entry.getIndex() + ": " + e.getMessage());
    }
    ByteBuffer payload = EntryCodec.payload(entry);
    if (header.index() != entry.getIndex() || header.term() != entry.getTerm()) {
      throw new DivergedException("entry " + entry.getIndex() + " has the header of " + header);
    }
    if (header.baseOffset() < tail.endOffset()) {
      throw new DivergedException(
          "entry %d begins at offset %d, this log ends at %d"
              .formatted(header.index(), header.baseOffset(), tail.endOffset()));
    }
    if (header.largestTimestampMs() < tail.largestTimestampMs()) {
      throw new DivergedException(
          "entry " + header.index() + " lowers the largest timestamp of the log");
    }
    checkDigest(tail, header, payload);
    return new Recent(new Entry(header, payload), entry);
  }

  /** Only of entries that still have the payload that they were appended with. */
  private static void checkDigest(LogTail tail, EntryHeader header, ByteBuffer payload)
      throws DivergedException {
    if (header.kind() != EntryKind.DATA) {
      return;
    }
    long digest =
        Digest.next(
            tail.digest(), header.index(), header.baseOffset(), header.offsetSpan(), payload);
    if (digest != header.digest()) {
      throw new DivergedException(
          "entry " + header.index() + " does not follow from the records before it");
    }
  }
}
