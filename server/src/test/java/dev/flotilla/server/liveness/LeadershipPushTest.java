package dev.flotilla.server.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.server.metadata.LeaderReport;
import dev.flotilla.server.metadata.LeadershipReports;
import dev.flotilla.server.testing.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Node 1 tells nodes 2 and 3, whose answers the test gives. */
class LeadershipPushTest {

  private static final Duration NEVER = Duration.ofDays(1);

  private final Uuid topic = Uuid.randomUuid();
  private final MetricRegistry registry = new MetricRegistry();
  private final LivenessMetrics metrics = new LivenessMetrics(registry);
  private final List<LeaderReport> local = new CopyOnWriteArrayList<>();
  private final Map<Integer, Recipient> recipients = Map.of(2, new Recipient(), 3, new Recipient());
  private final LeadershipPush push = push(NEVER);

  private static final class Recipient {
    private final List<List<LeaderReport>> messages = new CopyOnWriteArrayList<>();
    private final Map<Integer, LeaderReport> newest = new ConcurrentHashMap<>();
    private volatile CompletableFuture<Void> answer = CompletableFuture.completedFuture(null);

    private CompletableFuture<Void> take(List<LeaderReport> reports) {
      messages.add(reports);
      reports.forEach(report -> newest.put(report.partition(), report));
      return answer;
    }
  }

  private Recipient recipient(int node) {
    return Optional.ofNullable(recipients.get(node)).orElseThrow();
  }

  private LeadershipPush push(Duration repetition) {
    return new LeadershipPush(
        local::addAll, (node, reports) -> recipient(node).take(reports), repetition, metrics);
  }

  @AfterEach
  void close() {
    push.close();
  }

  private void report(LeadershipPush through, int partition, int term, int leader) {
    through.report(new TopicIdPartition(topic, partition, "orders"), term, leader, List.of(1, 2));
  }

  private boolean knows(int node, int partition, int term, int leader) {
    var report = recipient(node).newest.get(partition);
    return report != null && report.term() == term && report.leader() == leader;
  }

  @Test
  void shouldTellThisNodeAndEveryOtherOne() {
    push.nodes(Set.of(2, 3));

    report(push, 0, 5, 1);

    assertThat(local).hasSize(1);
    Await.until(() -> knows(2, 0, 5, 1) && knows(3, 0, 5, 1));
    assertThat(recipient(2).newest.get(0)).isEqualTo(local.getFirst());
  }

  @Test
  void shouldTellANodeThatIsAddedAllThatIsLed() {
    report(push, 0, 5, 1);
    report(push, 1, 6, 1);

    push.nodes(Set.of(2));

    Await.until(() -> knows(2, 0, 5, 1) && knows(2, 1, 6, 1));
    assertThat(recipient(3).messages).isEmpty();
  }

  @Test
  void shouldTellWhatHappenedMeanwhileInOneMessageAndOnlyAsItStandsThen() {
    push.nodes(Set.of(2));
    var recipient = recipient(2);
    var held = new CompletableFuture<Void>();
    recipient.answer = held;
    report(push, 0, 1, 1);
    Await.until(() -> recipient.messages.size() == 1);

    for (var partition = 1; partition <= 100; partition++) {
      report(push, partition, 1, 1);
      report(push, partition, 1, LeadershipReports.NO_LEADER);
    }
    recipient.answer = CompletableFuture.completedFuture(null);
    held.complete(null);

    Await.until(() -> recipient.messages.size() == 2);
    // The first partition may be told of twice: as a change, and with all there was at the begin.
    assertThat(recipient.messages.getLast())
        .filteredOn(report -> report.partition() > 0)
        .hasSize(100)
        .allSatisfy(report -> assertThat(report.leader()).isEqualTo(LeadershipReports.NO_LEADER));
  }

  @Test
  void shouldOrderWhatItSaysOfAPartition() {
    report(push, 0, 1, 1);
    report(push, 0, 1, LeadershipReports.NO_LEADER);
    report(push, 0, 1, 1);

    assertThat(local).extracting(LeaderReport::sequence).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void shouldSayAgainWhatDidNotArriveAsSoonAsTheNodeIsThere() {
    var recipient = recipient(2);
    recipient.answer = CompletableFuture.failedFuture(new IllegalStateException("gone"));
    push.nodes(Set.of(2));
    report(push, 0, 1, 1);
    Await.until(() -> registry.counter("leadership.pushes.failed").getCount() > 0);
    var before = recipient.messages.size();

    recipient.answer = CompletableFuture.completedFuture(null);
    push.appeared(2);

    Await.until(() -> registry.counter("leadership.pushes").getCount() > 0);
    assertThat(recipient.messages.size()).isGreaterThan(before);
    assertThat(recipient.messages.getLast()).extracting(LeaderReport::term).containsExactly(1);
  }

  @Test
  void shouldTellANodeThatIsThereAgainEverything() {
    report(push, 0, 5, 1);
    report(push, 1, 6, 1);
    push.nodes(Set.of(2));
    Await.until(() -> knows(2, 0, 5, 1) && knows(2, 1, 6, 1));
    recipient(2).newest.clear();

    push.appeared(2);

    Await.until(() -> knows(2, 0, 5, 1) && knows(2, 1, 6, 1));
  }

  @Test
  void shouldSayEverythingAgainEverySoOften() {
    try (var often = push(Duration.ofMillis(1))) {
      report(often, 0, 5, 1);
      often.nodes(Set.of(2));

      Await.until(() -> recipient(2).messages.size() > 3);

      assertThat(new ArrayList<>(recipient(2).messages))
          .allSatisfy(reports -> assertThat(reports).hasSize(1));
    }
  }

  @Test
  void shouldNotSpeakOfADeletedTopicAgain() {
    report(push, 0, 5, 1);
    push.topicDeleted(topic);
    var other = Uuid.randomUuid();
    push.report(new TopicIdPartition(other, 7, "other"), 1, 1, List.of(1));

    push.nodes(Set.of(2));

    Await.until(() -> knows(2, 7, 1, 1));
    assertThat(recipient(2).newest).containsOnlyKeys(7);
  }

  @Test
  void shouldNotTellANodeThatIsNoLongerOneOfThem() {
    push.nodes(Set.of(2, 3));
    push.nodes(Set.of(3));

    report(push, 0, 5, 1);

    Await.until(() -> knows(3, 0, 5, 1));
    assertThat(recipient(2).messages).isEmpty();
  }
}
