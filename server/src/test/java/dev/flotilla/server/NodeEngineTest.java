package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.server.network.RawClient;
import dev.flotilla.server.status.Digests.ReplicaDigest;
import dev.flotilla.server.status.NodePages;
import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.Batches;
import dev.flotilla.server.testing.NodeUnderTest;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole node whose storage engine is chosen by configuration, its own and that of topics. */
@Timeout(180)
final class NodeEngineTest {

  private static final short ALL = -1;

  @TempDir Path directory;

  @Test
  void shouldMoveWhatItHasToTheEngineThatItIsStartedWith() throws Exception {
    // given
    Map<String, String> before;
    try (NodeUnderTest node = start("mmap")) {
      node.createTopic("plain");
      Uuid own = createTopic(node, "own", "lmdb");
      Uuid plain = createTopic(node, "other", "mmap");
      for (int i = 0; i < 5; i++) {
        produce(node, "own", own, "record " + i);
        produce(node, "other", plain, "record " + i);
      }
      before = digests(node);
      assertThat(before).hasSize(3);
    }
    assertThat(engines("data")).containsExactly("lmdb", "mmap");
    assertThat(engines("metadata")).containsExactly("mmap");

    // when
    try (NodeUnderTest node = start("lmdb")) {
      // then those whose topic does not say otherwise have moved, and all are what they were
      assertThat(digests(node)).isEqualTo(before);
      assertThat(node.latestOffset("own")).isEqualTo(5);
      assertThat(node.latestOffset("other")).isEqualTo(5);
      produce(node, "own", topicId(node, "own"), "one more");
      before = digests(node);
    }
    assertThat(engines("metadata")).containsExactly("lmdb");
    assertThat(logs("mmap")).isEqualTo(1);

    // and back
    try (NodeUnderTest node = start("mmap")) {
      assertThat(digests(node)).isEqualTo(before);
      assertThat(node.latestOffset("own")).isEqualTo(6);
    }
    assertThat(engines("metadata")).containsExactly("mmap");
    assertThat(engines("data")).containsExactly("lmdb", "mmap");
    assertThat(logs("mmap")).isEqualTo(2);
  }

  @Test
  void shouldServeWhatDoesNotFitTheEngineThatItIsStartedWithFromWhereItIs() throws Exception {
    // given more than the other engine takes
    Map<String, String> before;
    try (NodeUnderTest node = start("mmap")) {
      Uuid id = node.createTopic("large");
      for (int i = 0; i < 4; i++) {
        produce(node, "large", id, "x".repeat(700_000));
      }
      before = digests(node);
    }

    // when
    Map<String, String> small =
        Map.of("storage.engine", "lmdb", "storage.lmdb.map.bytes", Integer.toString(1 << 20));
    try (NodeUnderTest node = NodeUnderTest.start(directory, small)) {
      // then it is there, and takes more
      assertThat(digests(node)).isEqualTo(before);
      produce(node, "large", topicId(node, "large"), "y");
      before = digests(node);
    }
    assertThat(logs("mmap")).isEqualTo(1);

    // and moves when there is room
    try (NodeUnderTest node = start("lmdb")) {
      assertThat(digests(node)).isEqualTo(before);
      assertThat(node.latestOffset("large")).isEqualTo(5);
    }
    assertThat(engines("data")).containsExactly("lmdb");
  }

  @Test
  void shouldRefuseATopicInAnEngineThatItDoesNotHave() throws Exception {
    try (NodeUnderTest node = start("mmap")) {
      assertThatThrownBy(() -> createTopic(node, "floppy", "floppy"))
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOf(InvalidConfigurationException.class)
          .hasMessageContaining("storage.engine=floppy")
          .hasMessageContaining("lmdb")
          .hasMessageContaining("mmap");
    }
  }

  private NodeUnderTest start(String engine) {
    return NodeUnderTest.start(directory, Map.of("storage.engine", engine));
  }

  private static Admin admin(NodeUnderTest node) {
    return Admin.create(Map.of("bootstrap.servers", "127.0.0.1:" + node.port()));
  }

  private static Uuid createTopic(NodeUnderTest node, String topic, String engine)
      throws Exception {
    try (Admin admin = admin(node)) {
      NewTopic wanted = new NewTopic(topic, 1, (short) 1).configs(Map.of("storage.engine", engine));
      Uuid id = admin.createTopics(List.of(wanted)).topicId(topic).get(60, TimeUnit.SECONDS);
      Await.until(() -> leads(admin, topic));
      return id;
    }
  }

  private static boolean leads(Admin admin, String topic) {
    return described(admin, topic).partitions().getFirst().leader() != null;
  }

  private static Uuid topicId(NodeUnderTest node, String topic) {
    try (Admin admin = admin(node)) {
      return described(admin, topic).topicId();
    }
  }

  private static TopicDescription described(Admin admin, String topic) {
    try {
      Map<String, TopicDescription> all =
          admin.describeTopics(List.of(topic)).allTopicNames().get(60, TimeUnit.SECONDS);
      return Optional.ofNullable(all.get(topic)).orElseThrow();
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  private static void produce(NodeUnderTest node, String topic, Uuid id, String value)
      throws Exception {
    try (RawClient client = node.connect()) {
      int sent =
          client.send(NodeUnderTest.request(Batches.produce(ALL, topic, id, Batches.plain(value))));
      var data = (ProduceResponseData) client.receive(ApiKeys.PRODUCE, sent).data();
      var answer = data.responses().iterator().next().partitionResponses().getFirst();
      assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.NONE);
    }
  }

  /** Of the records of all partitions, with their ends. */
  private static Map<String, String> digests(NodeUnderTest node) {
    Map<String, String> digests = new TreeMap<>();
    try (HttpClient http = HttpClient.newHttpClient()) {
      NodePages pages =
          new NodePages(http, "127.0.0.1:" + node.metricsPort(), Duration.ofSeconds(60));
      for (ReplicaDigest each : pages.newest().orElseThrow().replicas()) {
        digests.put(each.topic() + "-" + each.partition(), each.endOffset() + " " + each.digest());
      }
    }
    return digests;
  }

  private List<String> engines(String group) throws Exception {
    return names(directory.resolve(group).resolve("engines"));
  }

  /** How many logs an engine of files has, of partitions. */
  private int logs(String engine) throws Exception {
    return names(directory.resolve("data/engines").resolve(engine)).size();
  }

  private static List<String> names(Path path) throws Exception {
    try (var files = Files.list(path)) {
      return files
          .map(file -> Optional.ofNullable(file.getFileName()).orElseThrow().toString())
          .sorted()
          .toList();
    }
  }
}
