package dev.flotilla.server.metadata;

import java.util.List;

/** What became of a command. The answering node's image shows all commands up to the index. */
public sealed interface Outcome {

  long index();

  /** Every precondition held: it changed the entities. */
  record Done(long index) implements Outcome {}

  /**
   * Nothing was changed.
   *
   * @param keys the entities whose preconditions did not hold
   */
  record Conflict(long index, List<String> keys) implements Outcome {}
}
