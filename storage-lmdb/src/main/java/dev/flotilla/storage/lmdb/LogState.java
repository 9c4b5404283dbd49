package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.TermStart;
import java.util.List;

/**
 * A log as its record and term rows have it, and where it ends in offsets.
 *
 * @param termStarts by rising index
 */
record LogState(LogRecord record, List<TermStart> termStarts, long endOffset) {

  LogState {
    termStarts = List.copyOf(termStarts);
  }

  static LogState empty(int log, LogBase base) {
    return new LogState(LogRecord.empty(log, base), List.of(), base.offset());
  }

  LogView view() {
    return new LogView(record.base(), record.endIndex(), endOffset, termStarts, record.diskBytes());
  }
}
