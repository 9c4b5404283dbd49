package dev.flotilla.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.util.Objects;
import org.apache.ratis.protocol.exceptions.ServerNotReadyException;
import org.junit.jupiter.api.Test;

/** What the log of a node shows, by the configuration that it comes with. */
class NotStartedFilterTest {

  @Test
  void shouldShowFailuresOtherThanThoseOfReplicasThatHaveNotStarted() throws Exception {
    // given
    LoggerContext context = new LoggerContext();
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(
        Objects.requireNonNull(NotStartedFilter.class.getResource("/logback.xml")));
    ListAppender<ILoggingEvent> shown = new ListAppender<>();
    shown.start();
    context.getLogger(Logger.ROOT_LOGGER_NAME).detachAndStopAllAppenders();
    context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(shown);
    Logger ratis = context.getLogger("org.apache.ratis.server.RaftServer$Division");

    // when
    ratis.error("{}: failed", "one", new ServerNotReadyException("it starts"));
    ratis.error("failed", new ServerNotReadyException("it starts"));
    ratis.error("{}: failed {}", "two", "too", new IOException("the disk"));
    ratis.error("{}: failed", "three");

    // then
    assertThat(shown.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly("two: failed too", "three: failed");
  }
}
