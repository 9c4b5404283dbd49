package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.EntryHeader;

/**
 * The head of an entry as it was read and verified.
 *
 * @param checksum the row's: an entry that was written anew has another
 */
record StoredEntry(EntryHeader header, int checksum, int payloadBytes, int payloadChecksum) {}
