package dev.flotilla.server.api;

import static dev.flotilla.server.testing.SingleNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.testing.InMemoryCommandLog;
import dev.flotilla.server.testing.SingleNode;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.apache.kafka.common.requests.DeleteTopicsResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DeleteTopicsTest {

  private static final short NEWEST = ApiKeys.DELETE_TOPICS.latestVersion();

  private final SingleNode node =
      new SingleNode(new InMemoryCommandLog.Stored(), Map.of("delete.topic.enable", "true"));

  @AfterEach
  void close() {
    node.close();
  }

  static Stream<Short> versions() {
    return Calls.versions(ApiKeys.DELETE_TOPICS);
  }

  private DeleteTopicsResponse delete(DeleteTopicsRequestData data, short version) {
    return Calls.call(
        new DeleteTopicsHandler(node.metadata(), node.topicDeletion(), node.settings()),
        new DeleteTopicsRequest.Builder(data.setTimeoutMs(10_000)).build(version),
        DeleteTopicsResponse.class);
  }

  private Uuid create(String name) {
    return await(node.topicCreation().createByMention(name)).id();
  }

  private static DeleteTopicState byId(Uuid id) {
    return new DeleteTopicState().setName(null).setTopicId(id);
  }

  @ParameterizedTest
  @MethodSource("versions")
  void shouldDeleteByNameInEveryVersion(short version) {
    create("orders");

    var response =
        delete(new DeleteTopicsRequestData().setTopicNames(List.of("orders", "no-such")), version);

    assertThat(response.errorCounts())
        .isEqualTo(Map.of(Errors.NONE, 1, Errors.UNKNOWN_TOPIC_OR_PARTITION, 1));
    assertThat(node.metadata().image().topics().isEmpty()).isTrue();
  }

  @Test
  void shouldDeleteById() {
    var id = create("orders");
    var unknown = Uuid.randomUuid();

    var response =
        delete(new DeleteTopicsRequestData().setTopics(List.of(byId(id), byId(unknown))), NEWEST);

    assertThat(response.data().responses())
        .anySatisfy(result -> {
          assertThat(result.topicId()).isEqualTo(id);
          assertThat(result.name()).isEqualTo("orders");
          assertThat(result.errorCode()).isEqualTo(Errors.NONE.code());
        })
        .anySatisfy(result -> {
          assertThat(result.topicId()).isEqualTo(unknown);
          assertThat(result.errorCode()).isEqualTo(Errors.UNKNOWN_TOPIC_ID.code());
        });
    assertThat(node.metadata().image().topics().isEmpty()).isTrue();
  }

  @Test
  void shouldRefuseWhatIsNamedTwiceOrInTwoWays() {
    var id = create("by-both");
    create("twice");
    var twice = new DeleteTopicState().setName("twice");
    var both = new DeleteTopicState().setName("by-both");
    var mixed = new DeleteTopicState().setName("x").setTopicId(Uuid.randomUuid());
    var neither = byId(Uuid.ZERO_UUID);

    var response =
        delete(
            new DeleteTopicsRequestData()
                .setTopics(List.of(twice, twice.duplicate(), both, byId(id), mixed, neither)),
            NEWEST);

    assertThat(response.errorCounts()).isEqualTo(Map.of(Errors.INVALID_REQUEST, 4));
    assertThat(node.metadata().image().topics().topicsById()).hasSize(2);
  }

  @ParameterizedTest
  @MethodSource("versions")
  void shouldDeleteNothingWhereThatIsDisabled(short version) {
    try (var strict =
        new SingleNode(new InMemoryCommandLog.Stored(), Map.of("delete.topic.enable", "false"))) {
      await(strict.topicCreation().createByMention("orders"));
      var response =
          Calls.call(
              new DeleteTopicsHandler(strict.metadata(), strict.topicDeletion(), strict.settings()),
              new DeleteTopicsRequest.Builder(
                      new DeleteTopicsRequestData().setTopicNames(List.of("orders")))
                  .build(version),
              DeleteTopicsResponse.class);

      assertThat(response.errorCounts())
          .isEqualTo(
              Map.of(version < 3 ? Errors.INVALID_REQUEST : Errors.TOPIC_DELETION_DISABLED, 1));
      assertThat(strict.metadata().image().topics().topicsById()).hasSize(1);
    }
  }

  @Test
  void shouldDeleteOnceWhenManyDelete() {
    var id = create("orders");
    var deletions = Stream.generate(() -> node.topicDeletion().delete(id)).limit(5).toList();

    var errors =
        deletions.stream()
            .map(deletion -> deletion.handle((done, failure) -> failure == null))
            .map(SingleNode::await)
            .toList();

    assertThat(errors).containsOnlyOnce(true);
  }
}
