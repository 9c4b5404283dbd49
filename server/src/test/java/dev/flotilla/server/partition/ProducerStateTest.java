package dev.flotilla.server.partition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.raft.AppendBatch;
import dev.flotilla.raft.PartitionState.Decision;
import dev.flotilla.server.testing.Batches;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.junit.jupiter.api.Test;

/** Which batches of idempotent producers are appended, and what is remembered of them. */
final class ProducerStateTest {

  private static final int LAST_SEQUENCE = Integer.MAX_VALUE;

  private final StateDriver driver =
      new StateDriver(new ProducerState("t-0", Duration.ofMinutes(1)));

  @Test
  void shouldAnswerADuplicateWithTheOffsetsOfTheFirst() {
    driver.append(batch(7, 0, 0, "a", "b"));
    driver.append(batch(7, 0, 2, "c"));

    assertThat(driver.append(batch(7, 0, 0, "a", "b")))
        .containsExactly(new Decision.Duplicate(0, 1, 1001));
  }

  @Test
  void shouldSeeADuplicateWithinTheSameEntry() {
    assertThat(driver.append(batch(7, 0, 0, "a"), batch(7, 0, 1, "b"), batch(7, 0, 0, "a")))
        .containsExactly(
            new Decision.Accept(), new Decision.Accept(), new Decision.Duplicate(0, 0, 1000));
    assertThat(driver.endOffset()).isEqualTo(2);
  }

  @Test
  void shouldRememberTheLastFiveBatchesOnly() {
    for (int sequence = 0; sequence < 6; sequence++) {
      driver.append(batch(7, 0, sequence, "v"));
    }
    assertThat(driver.append(batch(7, 0, 1, "v")))
        .containsExactly(new Decision.Duplicate(1, 1, 1000));
    assertRefused(driver.append(batch(7, 0, 0, "v")), OutOfOrderSequenceException.class);
  }

  @Test
  void shouldRefuseAGapAndAcceptWhatFillsIt() {
    driver.append(batch(7, 0, 0, "a"));
    assertRefused(driver.append(batch(7, 0, 2, "c")), OutOfOrderSequenceException.class);
    assertThat(driver.append(batch(7, 0, 1, "b"), batch(7, 0, 2, "c")))
        .containsOnly(new Decision.Accept());
  }

  @Test
  void shouldRefuseAGapWithinTheSameEntry() {
    List<Decision> decisions = driver.append(batch(7, 0, 0, "a"), batch(7, 0, 5, "f"));
    assertThat(decisions.getFirst()).isEqualTo(new Decision.Accept());
    assertRefused(decisions.subList(1, 2), OutOfOrderSequenceException.class);
    assertThat(driver.endOffset()).isOne();
  }

  @Test
  void shouldWrapSequencesAround() {
    driver.append(batch(7, 0, LAST_SEQUENCE - 1, "a", "b"));
    assertThat(driver.append(batch(7, 0, 0, "c"))).containsExactly(new Decision.Accept());
    driver.append(batch(9, 0, LAST_SEQUENCE, "a", "b"));
    assertThat(driver.append(batch(9, 0, 1, "c"))).containsExactly(new Decision.Accept());
    assertThat(driver.append(batch(9, 0, LAST_SEQUENCE, "a", "b")))
        .containsExactly(new Decision.Duplicate(3, 4, 1001));
  }

  @Test
  void shouldFenceAnOldEpochAndBeginANewOneAtZero() {
    driver.append(batch(7, 1, 0, "a"));
    assertRefused(driver.append(batch(7, 0, 1, "b")), InvalidProducerEpochException.class);
    assertRefused(driver.append(batch(7, 2, 1, "b")), OutOfOrderSequenceException.class);
    assertThat(driver.append(batch(7, 2, 0, "b"))).containsExactly(new Decision.Accept());
    assertRefused(driver.append(batch(7, 1, 0, "a")), InvalidProducerEpochException.class);
  }

  @Test
  void shouldAcceptAnySequenceOfAProducerItDoesNotKnow() {
    assertThat(driver.append(batch(7, 3, 41, "a"))).containsExactly(new Decision.Accept());
    assertRefused(driver.append(batch(7, 3, 0, "a")), OutOfOrderSequenceException.class);
  }

  @Test
  void shouldNotJudgeBatchesWithoutProducer() {
    AppendBatch plain = batch(Batches.plain("a"));
    assertThat(driver.append(plain, plain)).containsOnly(new Decision.Accept());
    assertThat(driver.state().producers()).isZero();
  }

  @Test
  void shouldNotRememberWhatWasNotApplied() {
    driver.admitOnly(batch(7, 0, 0, "a"));
    assertThat(driver.append(batch(7, 0, 0, "a"))).containsExactly(new Decision.Accept());
  }

  @Test
  void shouldForgetProducersByTheClockOfTheLog() {
    driver.append(batch(7, 0, 0, "a"));
    driver.clockMs(60_000);
    driver.append(batch(8, 0, 0, "a"));
    assertThat(driver.state().producers()).isEqualTo(2);
    driver.clockMs(60_001);
    driver.append(batch(8, 0, 1, "a"));
    assertThat(driver.state().producers()).isOne();
    assertThat(driver.append(batch(7, 0, 9, "a"))).containsExactly(new Decision.Accept());
  }

  @Test
  void shouldNotForgetWhenALeadersClockIsBehind() {
    driver.clockMs(100_000);
    driver.append(batch(7, 0, 0, "a"));
    driver.clockMs(0);
    driver.append(batch(8, 0, 0, "a"));
    driver.clockMs(150_000);
    driver.append(batch(9, 0, 0, "a"));
    assertThat(driver.state().producers()).isEqualTo(3);
  }

  @Test
  void shouldRecogniseAllFiveBatchesAfterARestore() {
    for (int sequence = 0; sequence < 5; sequence++) {
      driver.append(batch(7, 0, sequence, "v"));
    }
    StateDriver restored = driver.restored();

    assertThat(restored.state().snapshot()).isEqualTo(driver.state().snapshot());
    for (int sequence = 0; sequence < 5; sequence++) {
      assertThat(restored.append(batch(7, 0, sequence, "v")))
          .containsExactly(new Decision.Duplicate(sequence, sequence, 1000));
    }
    assertThat(restored.append(batch(7, 0, 5, "v"))).containsExactly(new Decision.Accept());
  }

  @Test
  void shouldBeginEmptyWithAnEmptySnapshot() {
    driver.append(batch(7, 0, 0, "a"));
    driver.state().restore(ByteBuffer.allocate(0));
    assertThat(driver.state().producers()).isZero();
  }

  private static void assertRefused(List<Decision> decisions, Class<?> cause) {
    assertThat(decisions)
        .singleElement()
        .isInstanceOfSatisfying(
            Decision.Refuse.class, refused -> assertThat(refused.cause()).isInstanceOf(cause));
  }

  static AppendBatch batch(long producerId, int epoch, int baseSequence, String... values) {
    return batch(Batches.idempotent(producerId, epoch, baseSequence, values));
  }

  static AppendBatch batch(MemoryRecords records) {
    List<MutableRecordBatch> batches = new ArrayList<>();
    records.batches().forEach(batches::add);
    MutableRecordBatch only = batches.getFirst();
    return new ProducedBatch(only, records.buffer(), only.maxTimestamp());
  }
}
