package dev.flotilla.server.forming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.proto.peer.FormingRecord;
import dev.flotilla.server.ChecksummedFile;
import dev.flotilla.server.DataDirectory;
import dev.flotilla.server.config.HostAndPort;
import dev.flotilla.server.peer.PeerRefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnrollmentTest {

  @TempDir Path path = Path.of("");

  private DataDirectory directory;
  private Enrollment enrollment;

  @SuppressWarnings("NullAway.Init") // set before each test
  EnrollmentTest() {}

  @BeforeEach
  void open() throws IOException {
    directory =
        DataDirectory.open(
            path,
            1,
            Optional.of(
                new DataDirectory.Addresses(
                    new HostAndPort("host1", 9192), new HostAndPort("host1", 9193))));
    enrollment = Enrollment.open(directory, Failpoints.NONE);
  }

  @AfterEach
  void close() throws IOException {
    directory.close();
  }

  private Place restarted() throws IOException {
    directory.close();
    open();
    return enrollment.place();
  }

  private FormingRecord record(String cluster) {
    return FormingRecord.newBuilder()
        .setClusterId(cluster)
        .addMembers(enrollment.self())
        .setOffsetsTopicPartitions(4)
        .build();
  }

  @Test
  void shouldGoOnWhereItWas() throws IOException {
    assertThat(restarted()).isEqualTo(new Place.Empty());
    var record = record("A");
    enrollment.form(record);
    assertThat(enrollment.sender().getClusterId()).isEqualTo("A");
    assertThat(restarted()).isEqualTo(new Place.Forming(record));
    enrollment.formed();
    assertThat(restarted()).isEqualTo(new Place.Formed("A"));
  }

  @Test
  void shouldGoOnJoining() throws IOException {
    enrollment.join("A");
    assertThat(restarted()).isEqualTo(new Place.Joining("A"));
    enrollment.formed();
    assertThat(restarted()).isEqualTo(new Place.Formed("A"));
  }

  @Test
  void shouldTakeTheFirstRecordOnly() throws IOException {
    var first = record("A");
    enrollment.form(first);

    enrollment.form(first);
    assertThatThrownBy(() -> enrollment.form(record("B")))
        .isInstanceOf(PeerRefusedException.class)
        .hasMessage("node 1 cannot form cluster B: it is of cluster A");
    assertThat(restarted()).isEqualTo(new Place.Forming(first));
  }

  @Test
  void shouldNotBecomeAFirstVoterOfAClusterThatItJoins() throws IOException {
    enrollment.join("A");

    enrollment.form(record("A"));

    assertThat(enrollment.place()).isEqualTo(new Place.Joining("A"));
  }

  @Test
  void shouldRefuseARecordOfTheDirectoryThatItHadBefore() {
    var old = enrollment.self().toBuilder().setPeerId("1-a-lost-directory").build();
    var record = record("A").toBuilder().setMembers(0, old).build();

    assertThatThrownBy(() -> enrollment.form(record))
        .isInstanceOf(PeerRefusedException.class)
        .hasMessageContaining("another address or data directory");
    assertThat(enrollment.place()).isEqualTo(new Place.Empty());
  }

  @Test
  void shouldNotStartWithARecordThatCannotBeTrusted() throws IOException {
    enrollment.form(record("A"));
    var bytes = Files.readAllBytes(directory.formingRecord());
    bytes[bytes.length - 1] ^= 1;
    Files.write(directory.formingRecord(), bytes);

    assertThatThrownBy(this::restarted).isInstanceOf(ChecksummedFile.DamagedException.class);
  }
}
