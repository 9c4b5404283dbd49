package dev.flotilla.storage.mmap;

/** A reader's view is older than the log's files; it begins again with the present view. */
final class RetiredSegmentException extends RuntimeException {

  private static final long serialVersionUID = 1;

  RetiredSegmentException() {
    super("retired", null, false, false);
  }
}
