package dev.flotilla.server.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** What is in a topic of a {@link Workload}. */
final class TopicContent {

  private static final long NOTHING = -1;
  private static final Duration PATIENCE = Cluster.PATIENCE;

  private TopicContent() {}

  /** The numbers of each partition by offset, from the first to the end that there is now. */
  static long[][] read(String bootstrap, String topic, int partitions) {
    List<TopicPartition> all =
        IntStream.range(0, partitions).mapToObj(p -> new TopicPartition(topic, p)).toList();
    try (KafkaConsumer<String, String> consumer = Clients.consumer(bootstrap, Map.of())) {
      Map<TopicPartition, Long> ends = consumer.endOffsets(all, PATIENCE);
      long[][] numbers = new long[partitions][];
      for (TopicPartition each : all) {
        numbers[each.partition()] = new long[ends.get(each).intValue()];
        Arrays.fill(numbers[each.partition()], NOTHING);
      }
      consumer.assign(all);
      consumer.seekToBeginning(all);
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (all.stream().anyMatch(each -> consumer.position(each, PATIENCE) < ends.get(each))) {
        assertThat(System.nanoTime()).as("read in time").isLessThan(deadline);
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
          if (record.offset() < ends.get(new TopicPartition(topic, record.partition()))) {
            numbers[record.partition()][(int) record.offset()] = Long.parseLong(record.value());
          }
        }
      }
      // The transaction log and compaction make holes; neither is at work here.
      for (long[] each : numbers) {
        assertThat(each).doesNotContain(NOTHING);
      }
      return numbers;
    }
  }
}
