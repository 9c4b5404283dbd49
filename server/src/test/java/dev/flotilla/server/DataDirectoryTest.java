package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {

  @TempDir Path temporary = Path.of("");

  private Path path() {
    return temporary.resolve("node");
  }

  private DataDirectory open(int nodeId, String... clusterId) throws IOException {
    return DataDirectory.open(
        path(), nodeId, Optional.ofNullable(clusterId.length == 0 ? null : clusterId[0]));
  }

  @Test
  void shouldRememberWhoseItIs() throws IOException {
    DataDirectory.Identity first;
    try (var directory = open(1)) {
      first = directory.identity();
      assertThat(first.formed()).isFalse();
      directory.markFormed();
    }

    try (var directory = open(1)) {
      assertThat(directory.identity())
          .isEqualTo(new DataDirectory.Identity(first.clusterId(), 1, first.directoryId(), true));
      assertThat(directory.peerId()).isEqualTo("1-" + first.directoryId());
    }
  }

  @Test
  void shouldGiveEveryNewDirectoryIdsOfItsOwn() throws IOException {
    try (var one = open(1);
        var other = DataDirectory.open(temporary.resolve("other"), 1, Optional.empty())) {
      assertThat(one.identity().directoryId()).isNotEqualTo(other.identity().directoryId());
      assertThat(one.identity().clusterId()).isNotEqualTo(other.identity().clusterId());
    }
  }

  @Test
  void shouldRefuseAnotherNode() throws IOException {
    open(1).close();

    assertThatThrownBy(() -> open(2))
        .isInstanceOf(DataDirectory.UnusableException.class)
        .hasMessageContaining("node 1's");
  }

  @Test
  void shouldRefuseAnotherCluster() throws IOException {
    open(1, "here").close();

    assertThatThrownBy(() -> open(1, "there"))
        .isInstanceOf(DataDirectory.UnusableException.class)
        .hasMessageContaining("here");
    open(1).close();
  }

  @Test
  void shouldRefuseASecondUser() throws IOException {
    try (var first = open(1)) {
      assertThatThrownBy(() -> open(1))
          .isInstanceOf(DataDirectory.UnusableException.class)
          .hasMessageContaining("is used by process " + ProcessHandle.current().pid());
      assertThat(first.identity().nodeId()).isEqualTo(1);
    }
    open(1).close();
  }

  @Test
  void shouldRefuseADirectoryOfSomethingElse() throws IOException {
    Files.createDirectories(path());
    Files.writeString(path().resolve("thesis.tex"), "chapter 1");

    assertThatThrownBy(() -> open(1))
        .isInstanceOf(DataDirectory.UnusableException.class)
        .hasMessageContaining("thesis.tex");
  }

  @Test
  void shouldTakeADirectoryWhereACrashLeftAHalfWrittenIdentity() throws IOException {
    Files.createDirectories(path());
    Files.writeString(path().resolve("meta.properties.new"), "version=1\nclus");

    try (var directory = open(1)) {
      assertThat(directory.identity().nodeId()).isEqualTo(1);
    }
  }

  @Test
  void shouldRefuseAnIdentityItCannotRead() throws IOException {
    open(1).close();
    var file = path().resolve("meta.properties");
    var text = Files.readString(file);

    Files.writeString(file, text.replace("node.id=1", "node.id=one"));
    assertThatThrownBy(() -> open(1)).hasMessageContaining("cannot be read");
    Files.writeString(file, text.replace("version=1", "version=2"));
    assertThatThrownBy(() -> open(1)).hasMessageContaining("version 2");
  }
}
