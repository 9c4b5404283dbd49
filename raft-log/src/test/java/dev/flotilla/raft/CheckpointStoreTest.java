package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.flotilla.proto.Checkpoint;
import dev.flotilla.proto.StoredLogStart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointStoreTest {

  @TempDir Path directory;

  @Test
  void shouldBeEmptyAtFirst() throws Exception {
    assertThat(CheckpointStore.open(directory).newest()).isEmpty();
  }

  @Test
  void shouldReturnWhatWasWrittenLastWhenOpenedAgain() throws Exception {
    // given
    CheckpointStore store = CheckpointStore.open(directory);
    for (long index = 10; index <= 15; index++) {
      store.write(checkpoint(index));
    }

    // when
    Checkpoint newest = CheckpointStore.open(directory).newest().orElseThrow();

    // then
    assertThat(newest).isEqualTo(checkpoint(15).toBuilder().setGeneration(6).build());
  }

  @Test
  void shouldFallBackToPreviousWhenNewestIsDamagedAtAnyByte() throws Exception {
    // given
    CheckpointStore store = CheckpointStore.open(directory);
    store.write(checkpoint(10));
    store.write(checkpoint(11));
    Path newest = directory.resolve("checkpoint-0");
    byte[] whole = Files.readAllBytes(newest);

    for (int at = 0; at < whole.length; at++) {
      // when a bit flips, or the file ends early
      byte[] rotten = whole.clone();
      rotten[at] ^= 0x10;
      Files.write(newest, rotten);
      Checkpoint afterRot = CheckpointStore.open(directory).newest().orElseThrow();
      Files.write(newest, Arrays.copyOf(whole, at));
      Checkpoint afterCut = CheckpointStore.open(directory).newest().orElseThrow();

      // then
      assertThat(afterRot.getIndex()).isEqualTo(10);
      assertThat(afterCut.getIndex()).isEqualTo(10);
    }
  }

  @Test
  void shouldReplaceTheDamagedOneAndLeaveTheGoodOneAlone() throws Exception {
    // given
    CheckpointStore store = CheckpointStore.open(directory);
    store.write(checkpoint(10));
    store.write(checkpoint(11));
    Files.write(directory.resolve("checkpoint-0"), new byte[] {1, 2, 3});
    byte[] good = Files.readAllBytes(directory.resolve("checkpoint-1"));

    // when
    CheckpointStore reopened = CheckpointStore.open(directory);
    reopened.write(checkpoint(12));

    // then
    assertThat(reopened.newest().orElseThrow().getIndex()).isEqualTo(12);
    assertThat(Files.readAllBytes(directory.resolve("checkpoint-1"))).isEqualTo(good);
  }

  @Test
  void shouldBeEmptyWhenBothAreDamagedAndTakeNewOnes() throws Exception {
    // given
    CheckpointStore store = CheckpointStore.open(directory);
    store.write(checkpoint(10));
    store.write(checkpoint(11));
    Files.write(directory.resolve("checkpoint-0"), new byte[0]);
    Files.write(directory.resolve("checkpoint-1"), new byte[100]);

    // when
    CheckpointStore reopened = CheckpointStore.open(directory);

    // then
    assertThat(reopened.newest()).isEmpty();
    reopened.write(checkpoint(12));
    assertThat(CheckpointStore.open(directory).newest().orElseThrow().getIndex()).isEqualTo(12);
  }

  @Test
  void shouldKeepBothGenerationsWhenWriteFails() throws Exception {
    // given
    CheckpointStore store = CheckpointStore.open(directory);
    store.write(checkpoint(10));
    store.write(checkpoint(11));
    Path obstacle = Files.createDirectory(directory.resolve("checkpoint-1.tmp"));

    // when
    assertThatThrownBy(() -> store.write(checkpoint(12))).isInstanceOf(IOException.class);

    // then
    assertThat(store.newest().orElseThrow().getIndex()).isEqualTo(11);
    Files.delete(obstacle);
    store.write(checkpoint(13));
    Files.write(directory.resolve("checkpoint-1"), new byte[0]);
    assertThat(store.newest().orElseThrow().getIndex()).isEqualTo(11);
  }

  @Test
  void shouldIgnoreWriteThatWasCutBeforeItsRename() throws Exception {
    // given
    CheckpointStore.open(directory).write(checkpoint(10));
    Files.write(directory.resolve("checkpoint-0.tmp"), new byte[] {1});

    // when
    CheckpointStore reopened = CheckpointStore.open(directory);
    reopened.write(checkpoint(11));

    // then
    assertThat(CheckpointStore.open(directory).newest().orElseThrow().getIndex()).isEqualTo(11);
  }

  private static Checkpoint checkpoint(long index) {
    return Checkpoint.newBuilder()
        .setIndex(index)
        .setTerm(3)
        .setConfiguration(ByteString.copyFromUtf8("voters"))
        .setLogStart(StoredLogStart.newBuilder().setIndex(5).setPredecessorTerm(2).setOffset(50))
        .setHighWatermark(index * 10)
        .setAppliedEndOffset(index * 10)
        .setState(ByteString.copyFromUtf8("producers"))
        .setTimeMs(1_700_000_000_000L)
        .build();
  }
}
