package dev.flotilla.storage.testkit;

import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * One form for all that an engine may make of a run of emptied entries: it may keep them one by one
 * or as ranges (see {@link EntryKind#EMPTIED}). The form is the whole run as one range, without
 * times and attributes.
 */
final class EmptiedRuns {

  private EmptiedRuns() {}

  /** Headers that follow each other in a log, with each run of emptied entries in that form. */
  static List<EntryHeader> merged(List<EntryHeader> headers) {
    List<EntryHeader> merged = new ArrayList<>();
    for (int from = 0; from < headers.size(); ) {
      int to = runEnd(headers, from);
      if (headers.get(from).kind() == EntryKind.EMPTIED) {
        EntryHeader first = headers.get(from);
        EntryHeader last = headers.get(to - 1);
        int span = (int) (last.endOffset() - first.baseOffset());
        for (int i = from; i < to; i++) {
          merged.add(
              emptied(
                  headers.get(i),
                  i == from ? first.baseOffset() : last.endOffset(),
                  i == from ? span : 0,
                  last.digest()));
        }
      } else {
        merged.add(headers.get(from));
      }
      from = to;
    }
    return merged;
  }

  /** The position of the first header of the run that an entry is in; its own if in none. */
  static int runStart(List<EntryHeader> headers, int position) {
    int start = position;
    while (start > 0 && sameRun(headers.get(start - 1), headers.get(start))) {
      start--;
    }
    return start;
  }

  private static int runEnd(List<EntryHeader> headers, int from) {
    int to = from + 1;
    while (to < headers.size() && sameRun(headers.get(to - 1), headers.get(to))) {
      to++;
    }
    return to;
  }

  private static boolean sameRun(EntryHeader left, EntryHeader right) {
    return left.kind() == EntryKind.EMPTIED
        && right.kind() == EntryKind.EMPTIED
        && left.term() == right.term();
  }

  private static EntryHeader emptied(EntryHeader of, long baseOffset, int span, long digest) {
    return new EntryHeader(
        of.index(),
        of.term(),
        EntryKind.EMPTIED,
        baseOffset,
        span,
        EntryHeader.NO_TIMESTAMP,
        EntryHeader.NO_TIMESTAMP,
        EntryHeader.NO_TIMESTAMP,
        digest,
        List.of(),
        ByteBuffer.allocate(0));
  }
}
