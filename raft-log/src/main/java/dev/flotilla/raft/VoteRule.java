package dev.flotilla.raft;

/** What a candidate may be answered, before Raft looks at its request. */
enum VoteRule {
  /** As Raft decides by the log that is here. */
  BY_THE_LOG,
  /** The same; the log is empty, but not because nothing was ever in it. */
  BY_WHAT_WAS_HELD,
  /** Nothing: it has less than was held here. */
  REFUSED
}
