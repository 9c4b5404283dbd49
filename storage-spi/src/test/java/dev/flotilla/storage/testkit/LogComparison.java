package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.TermStart;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;

/** Every read of a log compared with the oracle's answer. */
final class LogComparison {

  private final LogStore log;
  private final LogContent expected;
  private final List<EntryHeader> expectedHeaders;

  private LogComparison(LogStore log, LogContent expected) {
    this.log = log;
    this.expected = expected;
    this.expectedHeaders = expected.entries().stream().map(Entry::header).toList();
  }

  /**
   * Fails unless a log, to which nobody writes meanwhile, answers as the oracle. Runs of emptied
   * entries may be kept in any form.
   */
  static void assertSame(LogStore log, LogContent expected) {
    LogComparison comparison = new LogComparison(log, expected);
    comparison.compareEnds();
    comparison.compareEntries();
    comparison.compareLookups();
    comparison.compareBatches();
  }

  private void compareEnds() {
    assertThat(log.base()).as("base").isEqualTo(expected.base());
    assertThat(log.endIndex()).as("end index").isEqualTo(expected.endIndex());
    assertThat(log.endOffset()).as("end offset").isEqualTo(expected.endOffset());
    assertThat(log.lastHeader().map(EntryHeader::index))
        .as("last header")
        .isEqualTo(expected.lastHeader().map(EntryHeader::index));
  }

  private void compareEntries() {
    List<EntryHeader> headers = new ArrayList<>();
    log.headers(expected.base().index() + 1, expected.endIndex(), headers::add);
    assertThat(EmptiedRuns.merged(headers))
        .as("headers")
        .isEqualTo(EmptiedRuns.merged(expectedHeaders));
    List<TermStart> terms = new ArrayList<>();
    for (int i = 0; i < headers.size(); i++) {
      EntryHeader header = headers.get(i);
      assertThat(log.header(header.index())).as("header").isEqualTo(header);
      assertThat(LogReader.payload(log, header.index()))
          .as("payload of %d", header.index())
          .isEqualTo(expected.entry(header.index()).payload());
      if (i == 0 || headers.get(i - 1).term() != header.term()) {
        terms.add(new TermStart(header.term(), header.index(), header.baseOffset()));
      }
    }
    assertThat(log.termStarts()).as("term starts").isEqualTo(terms);
    if (!headers.isEmpty()) {
      assertThat(log.lastHeader()).hasValue(headers.getLast());
    }
  }

  private void compareLookups() {
    compareLookup("offset", log::indexOfOffset, expected::indexOfOffset, expected.endOffset());
    for (EntryHeader header : expectedHeaders) {
      compareLookup(
          "offset", log::indexOfOffset, expected::indexOfOffset, Math.max(0, header.baseOffset()));
      compareLookup(
          "offset",
          log::indexOfOffset,
          expected::indexOfOffset,
          Math.max(0, header.endOffset() - 1));
      if (header.maxTimestampMs() != EntryHeader.NO_TIMESTAMP) {
        compareLookup("time", log::indexOfTime, expected::indexOfTime, header.maxTimestampMs());
        compareLookup("time", log::indexOfTime, expected::indexOfTime, header.maxTimestampMs() + 1);
      }
    }
  }

  private interface Lookup {
    OptionalLong find(long key);
  }

  /** Within a run of emptied entries any of them is the right answer. */
  private void compareLookup(String what, Lookup actual, Lookup oracle, long key) {
    assertThat(runOf(actual.find(key))).as(what + " " + key).isEqualTo(runOf(oracle.find(key)));
  }

  private OptionalLong runOf(OptionalLong index) {
    if (index.isEmpty()) {
      return index;
    }
    long first = expected.base().index() + 1;
    int position = Math.toIntExact(index.getAsLong() - first);
    return OptionalLong.of(first + EmptiedRuns.runStart(expectedHeaders, position));
  }

  private void compareBatches() {
    long start = expected.base().offset();
    long offsets = expected.endOffset() - start;
    SplittableRandom random = new SplittableRandom(offsets);
    compareBatches(start, Long.MAX_VALUE, Integer.MAX_VALUE, FirstBatch.WHOLE);
    for (int i = 0; i < 20; i++) {
      long offset = start + random.nextLong(offsets + 1);
      long endOffset = offset + random.nextLong(offsets + 2);
      int maxBytes = random.nextInt(1 << random.nextInt(1, 21));
      compareBatches(
          offset,
          endOffset,
          maxBytes,
          random.nextBoolean() ? FirstBatch.WHOLE : FirstBatch.WITHIN_LIMIT);
    }
  }

  private void compareBatches(long offset, long endOffset, int maxBytes, FirstBatch firstBatch) {
    ByteBuffer batches = LogReader.batches(log, offset, endOffset, maxBytes, firstBatch);
    assertThat(batches)
        .as("batches [%d, %d), %d bytes, %s", offset, endOffset, maxBytes, firstBatch)
        .isEqualTo(LogReader.join(expected.batches(offset, endOffset, maxBytes, firstBatch)));
  }
}
