package dev.flotilla.storage.lmdb;

/**
 * Where a reader that goes on behind the last read will begin: the first entry that ends behind an
 * offset. A hint, which holds no longer once the log is cut or an entry with that offset is there.
 */
record NextRead(long offset, long index) {

  /** Nothing was read. */
  static final NextRead NONE = new NextRead(-1, -1);
}
