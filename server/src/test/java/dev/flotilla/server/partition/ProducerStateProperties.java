package dev.flotilla.server.partition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.raft.AppendBatch;
import dev.flotilla.raft.PartitionState.Decision;
import dev.flotilla.server.testing.Batches;
import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.BatchMetadata;
import org.apache.kafka.storage.internals.log.ProducerAppendInfo;
import org.apache.kafka.storage.internals.log.ProducerStateManager;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;

/** Random batches of a few producers, in random entries, decided as Kafka's own class decides. */
final class ProducerStateProperties {

  /** Sequences are drawn from both sides of the wrap-around. */
  private static final int NEAR_THE_END = Integer.MAX_VALUE - 4;

  record Step(long producerId, int epoch, Kind kind, int records, int noise) {
    enum Kind {
      NEXT,
      REPEAT,
      GAP,
      FIRST,
      NEAR_END
    }
  }

  @Provide
  Arbitrary<List<List<Step>>> entries() {
    Arbitrary<Step> step =
        Combinators.combine(
                Arbitraries.longs().between(1, 3),
                Arbitraries.frequency(Tuple.of(8, 0), Tuple.of(2, 1), Tuple.of(1, 2)),
                Arbitraries.frequency(
                    Tuple.of(8, Step.Kind.NEXT),
                    Tuple.of(4, Step.Kind.REPEAT),
                    Tuple.of(1, Step.Kind.GAP),
                    Tuple.of(1, Step.Kind.FIRST),
                    Tuple.of(1, Step.Kind.NEAR_END)),
                Arbitraries.integers().between(1, 3),
                Arbitraries.integers().between(0, 6))
            .as(Step::new);
    return step.list().ofMinSize(1).ofMaxSize(4).list().ofMinSize(1).ofMaxSize(40);
  }

  @Property(tries = 300)
  void shouldDecideAsKafkaDoes(@ForAll("entries") List<List<Step>> entries) throws IOException {
    Oracle oracle = new Oracle();
    StateDriver driver = new StateDriver(new ProducerState("t-0", Duration.ofDays(1)));
    List<MemoryRecords> history = new ArrayList<>();
    for (List<Step> entry : entries) {
      List<AppendBatch> batches = new ArrayList<>();
      List<String> expected = new ArrayList<>();
      for (Step step : entry) {
        MemoryRecords records = records(step, oracle, history);
        history.add(records);
        batches.add(ProducerStateTest.batch(records));
        expected.add(oracle.append(records));
      }
      List<Decision> decisions = driver.append(batches.toArray(AppendBatch[]::new));

      assertThat(decisions).map(ProducerStateProperties::text).isEqualTo(expected);
      assertThat(driver.endOffset()).isEqualTo(oracle.endOffset);
      StateDriver restored = driver.restored();
      assertThat(restored.state().snapshot()).isEqualTo(driver.state().snapshot());
      driver = restored;
    }
  }

  private static MemoryRecords records(Step step, Oracle oracle, List<MemoryRecords> history) {
    String[] values = new String[step.records()];
    Arrays.fill(values, "v");
    int next = oracle.nextSequence(step.producerId(), step.epoch());
    int sequence =
        switch (step.kind()) {
          case NEXT -> next;
          case GAP -> Math.max(0, Math.min(next, Integer.MAX_VALUE - 8) + 1 + step.noise());
          case FIRST -> 0;
          case NEAR_END -> NEAR_THE_END + step.noise() % 4;
          case REPEAT -> -1;
        };
    if (sequence < 0) {
      return history.isEmpty()
          ? Batches.idempotent(step.producerId(), step.epoch(), 0, values)
          : history.get(Math.max(0, history.size() - 1 - step.noise()));
    }
    return Batches.idempotent(step.producerId(), step.epoch(), sequence, values);
  }

  private static String text(Decision decision) {
    return switch (decision) {
      case Decision.Accept() -> "accepted";
      case Decision.Duplicate(long first, long last, long timeMs) ->
          "duplicate of " + first + " to " + last + " at " + timeMs;
      case Decision.Refuse(RuntimeException cause) -> cause.getClass().getSimpleName();
    };
  }

  /** Kafka's producer state, appended to batch by batch, as a Kafka broker does. */
  private static final class Oracle {

    private final ProducerStateManager manager;
    private long endOffset;

    Oracle() throws IOException {
      manager =
          new ProducerStateManager(
              new TopicPartition("t", 0),
              new File("target/no-such-directory"),
              60_000,
              new ProducerStateManagerConfig(Integer.MAX_VALUE, false),
              Time.SYSTEM);
    }

    int nextSequence(long producerId, int epoch) {
      return manager
          .lastEntry(producerId)
          .filter(entry -> entry.producerEpoch() == epoch && !entry.batchMetadata().isEmpty())
          .map(entry -> List.copyOf(entry.batchMetadata()).getLast().lastSeq())
          .map(last -> last == Integer.MAX_VALUE ? 0 : last + 1)
          .orElse(0);
    }

    String append(MemoryRecords records) {
      MutableRecordBatch batch = records.batches().iterator().next();
      Optional<BatchMetadata> duplicate =
          manager
              .lastEntry(batch.producerId())
              .filter(entry -> entry.producerEpoch() == batch.producerEpoch())
              .flatMap(entry ->
                  entry.batchMetadata().stream()
                      .filter(stored ->
                          stored.firstSeq() == batch.baseSequence()
                              && stored.lastSeq() == batch.lastSequence())
                      .findFirst());
      if (duplicate.isPresent()) {
        BatchMetadata stored = duplicate.get();
        return "duplicate of "
            + stored.firstOffset()
            + " to "
            + stored.lastOffset()
            + " at "
            + stored.timestamp();
      }
      int span = (int) (batch.lastOffset() - batch.baseOffset() + 1);
      batch.setLastOffset(endOffset + span - 1);
      try {
        ProducerAppendInfo info = manager.prepareUpdate(batch.producerId(), AppendOrigin.CLIENT);
        info.append(batch, Optional.empty());
        manager.update(info);
        endOffset += span;
        return "accepted";
      } catch (ApiException e) {
        return e.getClass().getSimpleName();
      } finally {
        batch.setLastOffset(span - 1);
      }
    }
  }
}
