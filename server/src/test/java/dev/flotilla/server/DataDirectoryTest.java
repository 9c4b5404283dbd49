package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.server.config.HostAndPort;
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

  private DataDirectory open(int nodeId) throws IOException {
    return DataDirectory.open(path(), nodeId, Optional.empty());
  }

  private DataDirectory openAt(int port) throws IOException {
    return DataDirectory.open(path(), 1, Optional.of(addresses(port)));
  }

  private static DataDirectory.Addresses addresses(int port) {
    return new DataDirectory.Addresses(
        new HostAndPort("host1", port), new HostAndPort("host1", port + 1));
  }

  @Test
  void shouldRememberWhoseItIs() throws IOException {
    DataDirectory.Identity first;
    try (var directory = open(1)) {
      first = directory.identity();
      assertThat(first.formed()).isFalse();
      directory.markFormed(first.clusterId().orElseThrow());
    }

    try (var directory = open(1)) {
      assertThat(directory.identity())
          .isEqualTo(
              new DataDirectory.Identity(
                  first.clusterId(), 1, first.directoryId(), true, Optional.empty()));
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
  void shouldBelongToOneClusterForEver() throws IOException {
    try (var directory = openAt(9192)) {
      assertThat(directory.identity().clusterId()).isEmpty();
      directory.belongTo("here");
      assertThatThrownBy(() -> directory.markFormed("there"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("is of cluster here");
    }
    try (var directory = openAt(9192)) {
      assertThat(directory.identity().clusterId()).hasValue("here");
      assertThat(directory.identity().formed()).isFalse();
      directory.markFormed("here");
    }
    try (var directory = openAt(9192)) {
      assertThat(directory.identity().formed()).isTrue();
      assertThat(directory.identity().addresses()).hasValue(addresses(9192));
    }
  }

  @Test
  void shouldTakeOtherAddressesOnlyWhileNobodyKnowsItByThem() throws IOException {
    DataDirectory.Identity first;
    try (var directory = openAt(9192)) {
      first = directory.identity();
    }
    try (var directory = openAt(9292)) {
      assertThat(directory.identity().directoryId()).isEqualTo(first.directoryId());
      assertThat(directory.identity().addresses()).hasValue(addresses(9292));
      directory.belongTo("here");
    }
    assertThatThrownBy(() -> openAt(9192))
        .isInstanceOf(DataDirectory.UnusableException.class)
        .hasMessageContaining("other nodes know this one as host1:9292");
    openAt(9292).close();
  }

  @Test
  void shouldNotTakeOtherAddressesWhileItsClusterIsBeingFormed() throws IOException {
    try (var directory = openAt(9192)) {
      ChecksummedFile.write(directory.formingRecord(), new byte[] {1});
    }

    assertThatThrownBy(() -> openAt(9292)).isInstanceOf(DataDirectory.UnusableException.class);
  }

  @Test
  void shouldKeepANodeAloneAndANodeOfACluster() throws IOException {
    open(1).close();
    assertThatThrownBy(() -> openAt(9192))
        .isInstanceOf(DataDirectory.UnusableException.class)
        .hasMessageContaining("a cluster by itself");

    Path other = temporary.resolve("other");
    DataDirectory.open(other, 1, Optional.of(addresses(9192))).close();
    assertThatThrownBy(() -> DataDirectory.open(other, 1, Optional.empty()))
        .isInstanceOf(DataDirectory.UnusableException.class)
        .hasMessageContaining("cluster.nodes is not set");
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
