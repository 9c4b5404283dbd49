package dev.flotilla.server.rebuild;

/** Told of each step that a crash of the leader may follow, so that a test can crash there. */
@FunctionalInterface
interface Failpoints {

  /** For everyone but tests. */
  Failpoints NONE = step -> {};

  /** What a leader does, in order. */
  enum Step {
    /** No voter of the node is left, which is committed; the metadata does not say so. */
    VOTER_REMOVED,
    /** The metadata says so. */
    REMOVAL_KNOWN,
    /** The node votes again, which is committed; the metadata does not say so. */
    VOTER_ADDED,
    /** The metadata says so: the rebuild is over. */
    ADDITION_KNOWN
  }

  void reached(Step step);
}
