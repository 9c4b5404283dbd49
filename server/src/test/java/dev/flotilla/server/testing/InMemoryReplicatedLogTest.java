package dev.flotilla.server.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.raft.AppendBatch;
import dev.flotilla.raft.Appended;
import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.PendingAppend;
import dev.flotilla.raft.ReplicaListener;
import dev.flotilla.raft.ReplicatedLogException;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What tests of others rely on: the in-memory log keeps the replicated log's contract. */
final class InMemoryReplicatedLogTest {

  private final List<Object> heard = new CopyOnWriteArrayList<>();
  private final InMemoryReplicatedLog log =
      new InMemoryReplicatedLog(
          "topic-0",
          new StatelessPartition(),
          new ReplicaListener() {
            @Override
            public void leadershipChanged(Leadership leadership) {
              heard.add(leadership);
            }

            @Override
            public void highWatermarkChanged(long highWatermark) {
              heard.add(highWatermark);
            }
          },
          Clock.systemUTC());

  @Test
  void shouldAnswerBatchesOnceTheGateIsOpen() throws Exception {
    log.leadReady(3);
    log.closeGate();
    PendingAppend first = log.append(new Bytes("abc"));
    PendingAppend second = log.append(new Bytes("de"));

    assertThat(first.expectedBaseOffset()).isZero();
    assertThat(second.expectedBaseOffset()).isEqualTo(3);
    assertThat(first.future()).isNotDone();
    assertThat(log.highWatermark()).isZero();
    log.openGate();

    assertThat(first.future().get(5, TimeUnit.SECONDS).lastOffset()).isEqualTo(2);
    Appended appended = second.future().get(5, TimeUnit.SECONDS);
    assertThat(appended.baseOffset()).isEqualTo(3);
    assertThat(appended.origin()).isEqualTo(Appended.Origin.STORED);
    assertThat(log.highWatermark()).isEqualTo(5);
    assertThat(heard).startsWith(new Leadership.NotReady(3), new Leadership.Ready(3)).endsWith(5L);
  }

  @Test
  void shouldReadWholeBatchesBelowTheHighWatermark() throws Exception {
    log.leadReady(1);
    log.append(new Bytes("abc")).future().get(5, TimeUnit.SECONDS);
    log.append(new Bytes("de")).future().get(5, TimeUnit.SECONDS);

    try (Slice slice = log.read(1, 100, FirstBatch.WHOLE)) {
      assertThat(slice.bytes()).isEqualTo(5);
      assertThat(log.lentSlices()).isOne();
    }
    assertThat(log.read(3, 1, FirstBatch.WITHIN_LIMIT)).isSameAs(Slice.EMPTY);
    assertThat(log.lentSlices()).isZero();
    assertThatThrownBy(() -> log.read(6, 1, FirstBatch.WHOLE))
        .isInstanceOf(ReplicatedLogException.OffsetOutOfRange.class);
  }

  @Test
  void shouldFailWhatWaitsWhenLeadershipIsLost() {
    log.leadReady(1);
    log.closeGate();
    PendingAppend lost = log.append(new Bytes("abc"));
    log.become(new Leadership.Following(2, Optional.of(7)));

    assertThatThrownBy(() -> lost.future().get(5, TimeUnit.SECONDS))
        .hasCauseInstanceOf(ReplicatedLogException.NotLeader.class);
    assertThat(log.logEndOffset()).isZero();
    assertThatThrownBy(() -> log.append(new Bytes("x")))
        .isInstanceOf(ReplicatedLogException.NotLeader.class);
  }

  /** One record for each byte. */
  private record Bytes(String text) implements AppendBatch {

    @Override
    public int offsetSpan() {
      return text.length();
    }

    @Override
    public int sizeBytes() {
      return text.length();
    }

    @Override
    public long maxTimestampMs() {
      return 0;
    }

    @Override
    public void writeTo(ByteBuffer target, long baseOffset, int leaderEpoch) {
      target.put(text.getBytes(StandardCharsets.US_ASCII));
    }
  }
}
