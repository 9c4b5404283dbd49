package dev.flotilla.server.forming;

/** Told of each step that a crash may follow, so that a test can crash there. */
@FunctionalInterface
public interface Failpoints {

  /** For everyone but tests. */
  Failpoints NONE = step -> {};

  /** The steps in the order in which they happen. */
  enum Step {
    /** This node chose the cluster's id; nothing is stored. */
    RECORD_CHOSEN,
    /** The record of the cluster is stored here. */
    RECORD_STORED,
    /** Another node has the record too. */
    RECORD_DELIVERED,
    /** The new node knows which cluster it joins; it has no replica. */
    JOIN_RECORDED,
    /** The replica of the metadata group runs. */
    REPLICA_STARTED,
    /** The leader took the lost voter away, whose place the new node takes. */
    VOTER_REMOVED,
    /** The new node votes and does not know it. */
    VOTER_ADDED,
    /** The node has noted that its metadata is damaged and is to be replaced. */
    DAMAGE_RECORDED,
    /** The leader took the damaged voter away; the node does not know it. */
    DAMAGED_VOTER_REMOVED,
    /** The node knows it, and has wiped nothing. */
    LEFT,
    /** What was damaged is wiped. */
    WIPED,
    /** What is new in its place is recorded, and has not asked to join. */
    EMPTY_RECORDED,
    /** The cluster's settings are committed; this node has not noted that it is formed. */
    SETTLED
  }

  void reached(Step step);
}
