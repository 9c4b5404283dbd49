package dev.flotilla.storage.mmap;

/**
 * A segment that is not written to any more: what the manifest says of it, and its readers' face.
 */
record SealedSegment(Manifest.SegmentRecord stored, Segment segment) {

  SegmentStart start() {
    return stored.start();
  }

  long diskBytes() {
    return stored.fileBytes() + (long) stored.rows() * Lookup.ROW_BYTES;
  }
}
