package dev.flotilla.server.group;

/** Where it is said which partitions' coordinators are to be loaded and unloaded, in order. */
interface Elections {

  /** Loads the coordinator of a partition that has none; begins later, on another thread. */
  void elect(int partition, int term);

  /** Unloads the coordinator of a partition, whatever its term; what waits for it fails. */
  void resign(int partition);
}
