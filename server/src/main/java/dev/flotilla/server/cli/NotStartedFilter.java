package dev.flotilla.server.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import dev.flotilla.raft.NotStarted;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;

/**
 * Keeps out of the log that a replica was sent something before it had started. Each replica of a
 * node that comes back is, several times, and Ratis logs it as an error with a stack trace; what
 * was sent is sent again. Public for logback, whose configuration names it.
 */
public final class NotStartedFilter extends TurboFilter {

  @Override
  public FilterReply decide(
      @Nullable Marker marker,
      Logger logger,
      Level level,
      @Nullable String format,
      Object @Nullable [] arguments,
      @Nullable Throwable failure) {
    // With several arguments logback has not taken the failure out of them yet.
    boolean notStarted =
        NotStarted.is(failure)
            || (arguments != null
                && arguments.length > 0
                && NotStarted.is(arguments[arguments.length - 1]));
    return notStarted ? FilterReply.DENY : FilterReply.NEUTRAL;
  }
}
