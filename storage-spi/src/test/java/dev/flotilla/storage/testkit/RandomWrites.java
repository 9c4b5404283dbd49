package dev.flotilla.storage.testkit;

import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryCompactor;
import dev.flotilla.storage.EntryCompactor.Outcome;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.WriteSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** Legal things to do to a log next, chosen by a random number generator. */
final class RandomWrites {

  private final LogContent content;
  private final SplittableRandom random;

  RandomWrites(LogContent content, SplittableRandom random) {
    this.content = content;
    this.random = random;
  }

  /** A few entries behind the last. */
  WriteSet append() {
    return WriteSet.append(entries(content, 1 + random.nextInt(5)));
  }

  /** Cuts a few entries off, mostly, and writes some of as large or other sizes instead. */
  WriteSet truncate() {
    long length = content.endIndex() - content.base().index() - 1;
    long reach = random.nextInt(10) == 0 ? length : Math.min(length, 8);
    long from = beforeItsRun(content.endIndex() - random.nextLong(reach + 1));
    LogContent cut = content.copy();
    cut.truncate(from);
    return new WriteSet(from, entries(cut, random.nextInt(4)));
  }

  private List<Entry> entries(LogContent before, int count) {
    TestEntries builder = TestEntries.behind(before, random.nextLong());
    if (random.nextInt(3) == 0) {
      long term = before.lastHeader().map(EntryHeader::term).orElse(before.base().term());
      builder.term(Math.max(1, term) + random.nextInt(3));
    }
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (random.nextInt(8) == 0) {
        builder.timeMs(1_600_000_000_000L + random.nextInt(1000));
      }
      entries.add(entry(builder));
    }
    return entries;
  }

  private Entry entry(TestEntries builder) {
    return switch (random.nextInt(12)) {
      case 0 -> builder.raftOnly(random.nextInt(200));
      case 1 -> builder.skipOffsets(random.nextInt(100)).data(size());
      case 2 -> Compaction.emptied(builder.data(size()));
      case 3 -> builder.data(batches());
      case 4, 5 -> builder.data(size(), size(), size());
      case 6 -> builder.data(random.nextInt(20) == 0 ? 300_000 : 4096);
      case 7, 8 -> builder.data(200);
      default -> builder.data(size());
    };
  }

  private int size() {
    return 1 + random.nextInt(1 << random.nextInt(1, 14));
  }

  private List<BatchExtent> batches() {
    List<BatchExtent> batches = new ArrayList<>();
    int lastOffsetDelta = -1;
    for (int i = 0; i <= random.nextInt(5); i++) {
      lastOffsetDelta += 1 + random.nextInt(20);
      batches.add(new BatchExtent(1 + random.nextInt(2000), lastOffsetDelta));
    }
    return batches;
  }

  /**
   * Where the log may begin, none if it has too few entries. Not within a run of emptied entries,
   * where the base depends on how the engine keeps them.
   */
  Optional<LogBase> prefix() {
    long length = content.endIndex() - content.base().index() - 1;
    if (length < 2) {
      return Optional.empty();
    }
    long index = content.base().index() + 1 + random.nextLong(length - 1);
    return content.entry(index).header().kind() == EntryKind.EMPTIED
        ? Optional.empty()
        : Optional.of(content.baseBehind(index));
  }

  /** Where the log may be cut at its opening: anywhere. */
  long cut() {
    long first = content.base().index() + 1;
    return beforeItsRun(first + random.nextLong(content.endIndex() - first + 1));
  }

  /**
   * The index itself, or where the run of emptied entries begins that goes on there. What is
   * emptied was committed, so no log is cut within a run, which may be kept as one range.
   */
  private long beforeItsRun(long index) {
    if (index == content.endIndex()) {
      return index;
    }
    long first = content.base().index() + 1;
    return first + EmptiedRuns.runStart(content.headers(), (int) (index - first));
  }

  /** Where to begin anew: further on, or within what the log holds. */
  LogBase base() {
    long index = Math.max(-1, content.endIndex() + random.nextLong(-20, 20));
    return new LogBase(
        index, 1 + random.nextInt(9), content.base().offset() + index + 1, random.nextLong());
  }

  /** Decides by the entry alone, so that the oracle can be told the same. */
  EntryCompactor compactor() {
    long seed = random.nextLong();
    return (header, payload) -> {
      int choice = new SplittableRandom(seed ^ header.index()).nextInt(3);
      return switch (choice) {
        case 0 -> new Outcome.Keep();
        case 1 -> new Outcome.Empty();
        default -> keepLast(header, payload);
      };
    };
  }

  private static Outcome keepLast(EntryHeader header, Slice payload) {
    BatchExtent last = header.batches().getLast();
    ByteBuffer bytes = LogReader.copy(payload);
    return new Outcome.Replace(
        List.of(last),
        ByteBuffer.wrap(new byte[] {7}),
        bytes.position(bytes.limit() - last.length()));
  }
}
