package dev.flotilla.raft;

/**
 * Told of the entries of an {@link AppendQueue}, for metrics. Calls for one entry come in order;
 * they must not block.
 */
interface AppendListener {

  /** Hears nothing. */
  AppendListener NONE =
      new AppendListener() {
        @Override
        public void submitted(int batches, int payloadBytes) {}

        @Override
        public void applied(int batches) {}
      };

  /** An entry was handed to Raft. */
  void submitted(int batches, int payloadBytes);

  /** That entry was applied, and its batches are about to be answered. */
  void applied(int batches);
}
