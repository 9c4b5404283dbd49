package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.EntryHeader;

/**
 * The head of an entry as it was read and verified.
 *
 * @param checksum the row's: an entry that was written anew has another
 * @param position where the payload began, when the entry was appended, in the log's {@link
 *     PayloadStream}; of an entry that was rewritten since the complement of that, which is
 *     negative: its payload has rows of its own. Either way positions do not fall with the index
 */
record StoredEntry(
    EntryHeader header, int checksum, int payloadBytes, int payloadChecksum, long position) {

  boolean isRewritten() {
    return position < 0;
  }

  /** Where its payload begins or began in the log's stream. */
  long streamPosition() {
    return isRewritten() ? ~position : position;
  }
}
