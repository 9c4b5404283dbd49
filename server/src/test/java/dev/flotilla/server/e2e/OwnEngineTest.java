package dev.flotilla.server.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.e2e.KitRun.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An engine of somebody else's: the way of docs/storage-engine.md from sources to a topic. */
class OwnEngineTest {

  /** Long enough for a busy machine: it takes less than half a minute. */
  private static final int KIT_MINUTES = 8;

  private static final Path KIT =
      Path.of("../storage-spi/src/test/java/dev/flotilla/storage/testkit");

  @TempDir Path directory;
  private Path plugins;
  private Path jar;

  @BeforeEach
  void buildEngine() throws IOException {
    plugins = directory.resolve("plugins");
    jar = ExampleEngine.jar(plugins, directory.resolve("classes"));
  }

  @Test
  void shouldPassTheWholeTestKit() throws Exception {
    // given
    Path classes = directory.resolve("test-classes");
    List<String> tests = ExampleEngine.tests(classes, jar);
    Path outcomes = directory.resolve("outcomes");

    // when
    int status = runKit(classes, outcomes, tests);

    // then
    assertThat(status).isZero();
    assertThat(Files.readAllLines(outcomes).stream().map(Outcome::parse))
        .hasSameSizeAs(tests)
        .allSatisfy(each -> {
          assertThat(each.passed()).as(each.toString()).isPositive();
          assertThat(each.passed() + each.skipped()).as(each.toString()).isEqualTo(each.found());
          assertThat(each.skipped()).as("those of long runs").isLessThan(2);
        });
  }

  private int runKit(Path classes, Path outcomes, List<String> tests) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.add("-Djqwik.database=" + directory.resolve("jqwik-database"));
    command.addAll(
        List.of("-cp", jar + ":" + classes + ":" + System.getProperty("java.class.path")));
    command.addAll(List.of(KitRun.class.getName(), outcomes.toString()));
    command.addAll(tests);
    Process kit =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertThat(kit.waitFor(KIT_MINUTES, TimeUnit.MINUTES)).as("the kit ended").isTrue();
      return kit.exitValue();
    } finally {
      kit.destroyForcibly();
    }
  }

  /** A class of the kit that the example leaves out would be one that nobody can extend. */
  @Test
  void shouldExtendEveryClassOfTheKit() throws IOException {
    String tests =
        String.join(
            "\n",
            contents(ExampleEngine.files(ExampleEngine.SOURCES.resolve("src/test")).toList()));
    List<String> kit =
        ExampleEngine.files(KIT)
            .map(file -> file.getFileName().toString())
            .filter(name -> name.matches("StorageEngine\\w+Test\\.java"))
            .map(name -> "extends " + name.replace(".java", " "))
            .toList();

    assertThat(kit).hasSizeGreaterThan(4);
    assertThat(tests).contains(kit);
  }

  @Test
  void shouldServeATopicAndKeepItThroughAKill() throws Exception {
    int count = 5_000;
    try (NodeProcess node =
        NodeProcess.start(directory, Map.of("storage.engine", ExampleEngine.NAME), plugins)) {
      // given
      Clients.createTopic(node.bootstrap(), "lines", 2);
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      try (KafkaProducer<String, String> producer = Clients.producer(node.bootstrap(), Map.of())) {
        for (int i = 0; i < count; i++) {
          sent.add(producer.send(new ProducerRecord<>("lines", "key-" + i, "value-" + i)));
        }
      }
      for (Future<RecordMetadata> each : sent) {
        each.get();
      }
      assertThat(read(node, count)).containsExactlyInAnyOrderElementsOf(values(count));
      assertThat(logsOf(node)).isGreaterThanOrEqualTo(2);

      // when
      node.kill();
      node.startAgain();

      // then
      assertThat(read(node, count)).containsExactlyInAnyOrderElementsOf(values(count));
    }
  }

  @Test
  void shouldKeepOneTopicOnANodeOfAnotherEngine() throws Exception {
    try (NodeProcess node = NodeProcess.start(directory, Map.of(), plugins);
        Admin admin = Admin.create(Map.of("bootstrap.servers", node.bootstrap()));
        KafkaProducer<String, String> producer = Clients.producer(node.bootstrap(), Map.of())) {
      NewTopic topic =
          new NewTopic("lines", 1, (short) 1).configs(Map.of("storage.engine", ExampleEngine.NAME));
      admin.createTopics(List.of(topic)).all().get();
      producer.send(new ProducerRecord<>("lines", "value-0")).get();

      assertThat(read(node, 1)).containsExactly("value-0");
      assertThat(logsOf(node)).isOne();
    }
  }

  private static List<String> values(int count) {
    return IntStream.range(0, count).mapToObj(i -> "value-" + i).toList();
  }

  private static List<String> read(NodeProcess node, int count) {
    try (KafkaConsumer<String, String> consumer =
        Clients.consumer(node.bootstrap(), Map.of("group.id", "readers-" + node.pid()))) {
      consumer.subscribe(List.of("lines"));
      return Clients.poll(consumer, count).stream().map(ConsumerRecord::value).toList();
    }
  }

  /** How many logs of partitions the engine keeps. */
  private static long logsOf(NodeProcess node) throws IOException {
    return ExampleEngine.files(node.data())
        .filter(file -> file.toString().contains("/data/engines/" + ExampleEngine.NAME + "/"))
        .filter(file -> file.toString().endsWith(".log"))
        .count();
  }

  private static List<String> contents(List<Path> files) throws IOException {
    List<String> contents = new ArrayList<>();
    for (Path file : files) {
      contents.add(Files.readString(file));
    }
    return contents;
  }
}
