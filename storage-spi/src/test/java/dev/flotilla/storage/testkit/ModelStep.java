package dev.flotilla.storage.testkit;

/**
 * One operation of a model test. What it does in detail follows from the seed and from what the log
 * holds by then, so that it stays legal when others are left out of a sequence.
 */
record ModelStep(Kind kind, int log, long seed) {

  enum Kind {
    APPEND,
    TRUNCATE,
    COMPARE,
    DROP_PREFIX,
    RESET,
    COMPACT,
    REOPEN,
    CUT,
    DELETE
  }
}
