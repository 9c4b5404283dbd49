package dev.flotilla.server.liveness;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * How long each node has not been heard of. Not thread-safe.
 *
 * <p>Its time is the time that was watched: it goes on with each {@link #advance}, and never by
 * more than one step. If this process was frozen, the nodes were silent no longer than it was deaf,
 * and nobody's session ends for that.
 */
final class Sessions {

  private final Duration timeout;
  private final Duration longestStep;
  private final Map<Integer, Duration> lastHeard = new HashMap<>();
  private Duration now = Duration.ZERO;

  /**
   * No sessions yet.
   *
   * @param timeout a session without a word ends after it
   * @param longestStep how much time passes at most between two looks
   */
  Sessions(Duration timeout, Duration longestStep) {
    this.timeout = timeout;
    this.longestStep = longestStep;
  }

  /** Gives everybody a whole session from now on. */
  void begin() {
    lastHeard.clear();
  }

  void advance(Duration elapsed) {
    now = now.plus(elapsed.compareTo(longestStep) > 0 ? longestStep : elapsed);
  }

  void heard(int nodeId) {
    lastHeard.put(nodeId, now);
  }

  /** Whether its session is over. The session of one that is met here first begins now. */
  boolean isOver(int nodeId) {
    var last = lastHeard.putIfAbsent(nodeId, now);
    return last != null && now.minus(last).compareTo(timeout) >= 0;
  }
}
