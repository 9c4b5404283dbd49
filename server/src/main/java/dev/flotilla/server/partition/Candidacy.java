package dev.flotilla.server.partition;

import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.ReplicatedLog;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Makes the first replica of a partition its leader, where it has none yet: the others may be
 * created, or started, a little later than this one, and cannot vote before.
 *
 * <p>It asks for votes again and again, less and less often, until there is a leader, and gives up
 * before the other replicas would campaign by themselves. It costs a message to each of them, and
 * no write where they do not vote for it.
 */
final class Candidacy {

  private static final Duration FIRST_PAUSE = Duration.ofMillis(25);
  private static final int ATTEMPTS = 12;
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(200);

  private Candidacy() {}

  /**
   * Begins; returns at once.
   *
   * @param hosted whether the replica is still there
   */
  static void begin(ReplicaLogs logs, UUID group, ReplicatedLog log, BooleanSupplier hosted) {
    logs.campaign(group);
    Thread.ofVirtual()
        .name("candidacy")
        .start(() -> {
          Duration pause = FIRST_PAUSE;
          for (int attempt = 1; attempt < ATTEMPTS; attempt++) {
            LockSupport.parkNanos(pause.toNanos());
            if (!hosted.getAsBoolean() || isLed(log.leadership())) {
              return;
            }
            logs.campaign(group);
            pause = pause.multipliedBy(2);
            pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
          }
        });
  }

  private static boolean isLed(Leadership leadership) {
    return !(leadership instanceof Leadership.Following following)
        || following.leaderNodeId().isPresent();
  }
}
