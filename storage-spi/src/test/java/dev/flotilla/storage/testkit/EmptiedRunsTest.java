package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogBase;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class EmptiedRunsTest {

  private final List<EntryHeader> oneByOne = new ArrayList<>();

  EmptiedRunsTest() {
    List<Entry> entries = TestEntries.behind(LogBase.ORIGIN, 1).several(5, 10);
    for (Entry entry : entries) {
      boolean emptied = entry.header().index() >= 1 && entry.header().index() <= 3;
      oneByOne.add((emptied ? Compaction.emptied(entry) : entry).header());
    }
  }

  @Test
  void shouldTakeARangeForTheEntriesItStandsFor() {
    long digest = oneByOne.get(3).digest();
    List<EntryHeader> range = new ArrayList<>(oneByOne);
    range.set(1, emptied(1, 1, 3, digest));
    range.set(2, emptied(2, 4, 0, digest));
    range.set(3, emptied(3, 4, 0, digest));

    assertThat(EmptiedRuns.merged(range)).isEqualTo(EmptiedRuns.merged(oneByOne));
    assertThat(EmptiedRuns.runStart(range, 3)).isEqualTo(1);
    assertThat(EmptiedRuns.runStart(range, 4)).isEqualTo(4);
  }

  @Test
  void shouldTellARangeWithAnotherEndOrDigest() {
    long digest = oneByOne.get(3).digest();
    List<EntryHeader> shorter = new ArrayList<>(oneByOne);
    shorter.set(3, emptied(3, 3, 0, digest));
    List<EntryHeader> other = new ArrayList<>(oneByOne);
    other.set(3, emptied(3, 3, 1, digest + 1));

    assertThat(EmptiedRuns.merged(shorter)).isNotEqualTo(EmptiedRuns.merged(oneByOne));
    assertThat(EmptiedRuns.merged(other)).isNotEqualTo(EmptiedRuns.merged(oneByOne));
  }

  private static EntryHeader emptied(long index, long baseOffset, int span, long digest) {
    ByteBuffer nothing = ByteBuffer.allocate(0);
    return new EntryHeader(
        index, 1, EntryKind.EMPTIED, baseOffset, span, 7, 8, 9, digest, List.of(), nothing);
  }
}
