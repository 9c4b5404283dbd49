package dev.flotilla.server.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.server.DataDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a power cut may leave of the ledger. The fault model: a file is written beside it, of which
 * any part may be there, torn, zeros or garbage, until it is synced; then it takes the ledger's
 * name, and until the directory is synced a crash may take that back.
 */
final class ReplicaLedgerCrashTest {

  private final Replica first = Replica.of(new TopicIdPartition(Uuid.randomUuid(), 0, "first"));
  private final Replica second = Replica.of(new TopicIdPartition(Uuid.randomUuid(), 3, "second"));

  @TempDir Path directory;
  private byte[] oldBytes = {};
  private byte[] newBytes = {};
  private Map<UUID, Boolean> oldContent = Map.of();
  private Map<UUID, Boolean> newContent = Map.of();

  @BeforeEach
  void takeImages() throws IOException {
    var ledger = ReplicaLedger.open(file());
    ledger.creating(List.of(first, second), 7);
    ledger.created(List.of(first), 8);
    oldBytes = Files.readAllBytes(file());
    oldContent = content();
    ledger.created(List.of(second), 9);
    newBytes = Files.readAllBytes(file());
    newContent = content();
    assertThat(newContent).isNotEqualTo(oldContent);
  }

  @Test
  void shouldHoldTheOldLedgerWhateverTheNewFileIsUntilItHasTheName() throws IOException {
    for (int length = 0; length <= newBytes.length; length++) {
      for (byte filler : new byte[] {0, (byte) 0xA5}) {
        // given all of the file's length, of which only the first bytes arrived, or only those
        byte[] image = newBytes.clone();
        Arrays.fill(image, length, image.length, filler);
        for (byte[] written : List.of(image, Arrays.copyOf(newBytes, length))) {
          Files.write(file(), oldBytes);
          Files.write(temporary(), written);

          // when, then
          assertThat(content()).isEqualTo(oldContent);
          assertThat(ReplicaLedger.open(file()).imageIndex()).isEqualTo(8);

          // and the next change is whole again
          ReplicaLedger.open(file()).created(List.of(second), 9);
          assertThat(content()).isEqualTo(newContent);
        }
      }
    }
  }

  @Test
  void shouldHoldTheOldOrTheNewLedgerAroundTheRenaming() throws IOException {
    Files.write(file(), oldBytes);
    assertThat(content()).isEqualTo(oldContent);
    Files.write(file(), newBytes);
    assertThat(content()).isEqualTo(newContent);
  }

  @Test
  void shouldWriteTheTemporaryFileThatTheseImagesTakeForIt() throws IOException {
    Files.createDirectory(temporary());

    assertThatThrownBy(() -> DataDirectory.replace(file(), oldBytes))
        .isInstanceOf(IOException.class);
    assertThat(Files.readAllBytes(file())).isEqualTo(newBytes);
  }

  @Test
  void shouldKeepADamagedLedgerAsideAndNeverReadAWrongOne() throws IOException {
    for (int position = 0; position < newBytes.length; position++) {
      byte[] image = newBytes.clone();
      image[position] ^= 0x10;
      Files.write(file(), image);

      assertThat(content()).isEmpty();
      assertThat(Files.readAllBytes(directory.resolve("replicas.damaged"))).isEqualTo(image);
      assertThat(file()).doesNotExist();
    }
  }

  private Map<UUID, Boolean> content() {
    return ReplicaLedger.open(file()).entries().stream()
        .collect(Collectors.toMap(entry -> entry.replica().group(), ReplicaLedger.Entry::created));
  }

  private Path file() {
    return directory.resolve("replicas");
  }

  private Path temporary() {
    return directory.resolve("replicas.new");
  }
}
