package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.raft.VoteStore.Vote;
import dev.flotilla.storage.LogId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a power cut may leave of a vote file. The fault model: a flushed slot stays as it is; of the
 * slot being written any prefix may be new, with the rest old or garbled; a slot whose turn has not
 * come is old. Beside that, one slot may rot at any time.
 */
class VoteStoreCrashTest {

  private static final Vote OLD = new Vote(4, "2-old");
  private static final Vote NEW = new Vote(5, "1-new");

  private final LogId log = LogId.random();
  @TempDir Path directory;

  private byte[] oldImage = {};
  private byte[] newImage = {};

  @BeforeEach
  void takeImages() throws Exception {
    VoteStore.create(directory, log);
    VoteStore store = VoteStore.open(directory, log);
    store.persist(OLD.term(), OLD.votedFor());
    oldImage = Files.readAllBytes(file());
    store.persist(NEW.term(), NEW.votedFor());
    newImage = Files.readAllBytes(file());
  }

  @Test
  void shouldSurviveCutAtEveryByteOfEitherSlot() throws Exception {
    for (int slot = 0; slot < 2; slot++) {
      for (int cut : cuts()) {
        for (byte[] image : List.of(torn(slot, cut), garbled(slot, cut))) {
          // when
          Vote found = open(image);

          // then it is the old vote until the first slot is whole
          boolean firstSlotWhole =
              slot == 1 || Arrays.equals(slotOf(image, 0), slotOf(newImage, 0));
          assertThat(found)
              .as("slot %d cut at %d", slot, cut)
              .isEqualTo(firstSlotWhole ? NEW : OLD);
        }
      }
    }
  }

  @Test
  void shouldRepairBothSlotsWhenOpened() throws Exception {
    for (int slot = 0; slot < 2; slot++) {
      // given
      Vote found = open(garbled(slot, 20));

      // when the slot that was good rots afterwards
      byte[] image = Files.readAllBytes(file());
      rot(image, 1 - slot);

      // then
      assertThat(open(image)).isEqualTo(found);
    }
  }

  @Test
  void shouldLoseNoPersistedVoteWhenOneSlotRots() throws Exception {
    for (int slot = 0; slot < 2; slot++) {
      byte[] image = newImage.clone();
      rot(image, slot);

      assertThat(open(image)).isEqualTo(NEW);
    }
  }

  @Test
  void shouldSurviveCutOfRepairAtEveryByte() throws Exception {
    // given a vote that reached slot 0, perhaps only in the page cache, and a repair that is cut
    // while it writes slot 0 again: the device may hold any mixture of old and new there
    for (int cut : cuts()) {
      assertThat(open(garbled(0, cut))).isIn(OLD, NEW);
    }
    // given slot 1 is bad and the repair is cut while it writes slot 1
    for (int cut : cuts()) {
      assertThat(open(garbled(1, cut))).isEqualTo(NEW);
    }
  }

  @Test
  void shouldQuarantineAndChangeNothingWhenBothSlotsAreBad() throws Exception {
    // given
    byte[] image = newImage.clone();
    rot(image, 0);
    rot(image, 1);
    Files.write(file(), image);

    // when, then
    assertThatThrownBy(() -> VoteStore.open(directory, log))
        .isInstanceOf(ReplicaQuarantinedException.class)
        .hasMessageContaining("no whole vote");
    assertThat(Files.readAllBytes(file())).isEqualTo(image);
  }

  @Test
  void shouldQuarantineTruncatedFile() throws Exception {
    for (int length : List.of(0, 1, 15)) {
      byte[] image = Arrays.copyOf(newImage, length);
      assertThatThrownBy(() -> open(image)).isInstanceOf(ReplicaQuarantinedException.class);
    }
    assertThat(open(Arrays.copyOf(newImage, VoteStore.SLOT_BYTES + 3))).isEqualTo(NEW);
  }

  @Test
  void shouldNotTakeTemporaryFileForVotes() throws Exception {
    // given a creation that was cut before its rename
    Files.move(file(), directory.resolve(VoteStore.FILE + DurableFile.TEMPORARY));

    // when, then
    assertThatThrownBy(() -> VoteStore.open(directory, log))
        .isInstanceOf(ReplicaQuarantinedException.class);
  }

  private Vote open(byte[] image) throws IOException, ReplicaQuarantinedException {
    Files.write(file(), image);
    return VoteStore.open(directory, log).current();
  }

  /** Every cut within the bytes that a persist writes, and one behind them. */
  private static List<Integer> cuts() {
    List<Integer> cuts = new ArrayList<>();
    for (int cut = 0; cut <= 40; cut++) {
      cuts.add(cut);
    }
    return cuts;
  }

  /** The image while a slot is written: new up to the cut, old behind it. */
  private byte[] torn(int slot, int cut) {
    byte[] image = oldImage.clone();
    int length = slot * VoteStore.SLOT_BYTES + cut;
    System.arraycopy(newImage, 0, image, 0, length);
    return image;
  }

  /** As torn, with garbage in place of the old bytes behind the cut. */
  private byte[] garbled(int slot, int cut) {
    byte[] image = torn(slot, cut);
    int from = slot * VoteStore.SLOT_BYTES + cut;
    Arrays.fill(image, from, from + 64, (byte) 0xA5);
    return image;
  }

  private static void rot(byte[] image, int slot) {
    image[slot * VoteStore.SLOT_BYTES + Seal.HEADER_BYTES] ^= 1;
  }

  private static byte[] slotOf(byte[] image, int slot) {
    int from = slot * VoteStore.SLOT_BYTES;
    // A sealed vote of these tests is shorter than this; what lies behind it does not count.
    return Arrays.copyOfRange(image, from, from + Seal.HEADER_BYTES + 9);
  }

  private Path file() {
    return directory.resolve(VoteStore.FILE);
  }
}
