package dev.flotilla.server.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

class LeadershipsTest {

  private final Leaderships leaderships = new Leaderships();
  private final Uuid topic = Uuid.randomUuid();

  private LeaderReport report(int term, long sequence, int leader) {
    return new LeaderReport(topic, 0, term, sequence, leader, List.of(1, 2));
  }

  @Test
  void shouldKeepTheHigherTermWhateverComesLater() {
    leaderships.topicCreated(topic);
    leaderships.accept(report(2, 1, 2));

    assertThat(leaderships.accept(report(1, 9, 1))).isFalse();
    assertThat(leaderships.accept(report(1, 10, LeadershipReports.NO_LEADER))).isFalse();
    assertThat(leaderships.find(topic, 0)).isEqualTo(report(2, 1, 2));
  }

  @Test
  void shouldNotTakeBackThatALeaderGaveUpWhenItsOlderWordComesLate() {
    leaderships.topicCreated(topic);
    leaderships.accept(report(1, 2, LeadershipReports.NO_LEADER));

    assertThat(leaderships.accept(report(1, 1, 1))).isFalse();
    assertThat(leaderships.find(topic, 0)).isEqualTo(report(1, 2, LeadershipReports.NO_LEADER));
  }

  @Test
  void shouldNotTakeARepetitionForNewsAndStillKnowWhatIsNewest() {
    leaderships.topicCreated(topic);
    assertThat(leaderships.accept(report(1, 1, 1))).isTrue();

    assertThat(leaderships.accept(report(1, 1, 1))).isFalse();
    assertThat(leaderships.accept(report(1, 3, 1))).isFalse();
    assertThat(leaderships.accept(report(1, 2, LeadershipReports.NO_LEADER))).isFalse();
  }

  @Test
  void shouldKeepAReportThatComesBeforeItsTopic() {
    leaderships.accept(report(1, 1, 1));
    assertThat(leaderships.find(topic, 0)).isNull();

    leaderships.topicCreated(topic);

    assertThat(leaderships.find(topic, 0)).isEqualTo(report(1, 1, 1));
  }

  @Test
  void shouldForgetADeletedTopicForEver() {
    leaderships.topicCreated(topic);
    leaderships.topicDeleted(topic);

    assertThat(leaderships.accept(report(1, 1, 1))).isFalse();
    assertThat(leaderships.find(topic, 0)).isNull();
  }
}
