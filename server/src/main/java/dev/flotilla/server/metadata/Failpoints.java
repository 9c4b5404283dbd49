package dev.flotilla.server.metadata;

/** Told of each step that a crash may follow, so that a test can crash there. */
@FunctionalInterface
interface Failpoints {

  /** For everyone but tests. */
  Failpoints NONE = step -> {};

  /** The steps of the {@link Reconciler}, in the order in which they happen. */
  enum Step {
    /** Replicas to create are in the ledger, none exists. */
    CREATION_RECORDED,
    /** A replica exists; the ledger does not say so. */
    REPLICA_CREATED,
    /** All replicas exist and the ledger says so. */
    CREATION_FINISHED,
    /** Replicas to delete are known, all exist. */
    DELETION_DECIDED,
    /** A replica's files are gone; it is in the ledger. */
    REPLICA_DELETED,
    /** All are gone, from the ledger too. */
    DELETION_FINISHED,
    /** The files of a replica to be made anew are gone; it is in the ledger. */
    REPLICA_WIPED,
    /** It exists again, without a vote; the ledger does not say so. */
    EMPTY_CREATED,
    /** All exist again and the ledger says so; the metadata does not. */
    EMPTY_RECORDED
  }

  void reached(Step step);
}
