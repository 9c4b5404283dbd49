package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.proto.Checkpoint;
import dev.flotilla.proto.ReplicaDescriptor;
import dev.flotilla.proto.ReplicaKind;
import dev.flotilla.proto.StoredVoter;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicaDirectoryTest {

  private static final Checkpoint FIRST = StoredReplica.at(LogBase.ORIGIN).build();

  private final UUID group = UUID.randomUUID();
  private final LogId log = LogId.random();
  @TempDir Path temporary;
  private Path root = Path.of("");

  @BeforeEach
  void setRoot() {
    root = temporary.resolve("replicas");
  }

  @Test
  void shouldCreateWholeReplica() throws Exception {
    // when
    ReplicaDirectory.create(root, descriptor(), FIRST);

    // then
    assertThat(ReplicaDirectory.list(root)).containsExactly(group);
    ReplicaDirectory opened = ReplicaDirectory.open(root, group);
    assertThat(opened.descriptor()).isEqualTo(descriptor());
    assertThat(VoteStore.open(opened.path(), log).current().term()).isZero();
    assertThat(CheckpointStore.open(opened.path()).newest())
        .contains(FIRST.toBuilder().setGeneration(1).build());
    assertThat(opened.quarantineReason()).isEmpty();
  }

  @Test
  void shouldListNothingWhereNothingWasCreated() throws Exception {
    assertThat(ReplicaDirectory.list(root)).isEmpty();
    assertThatThrownBy(() -> ReplicaDirectory.open(root, group))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void shouldRefuseToCreateOverAnExistingReplica() throws Exception {
    ReplicaDirectory.create(root, descriptor(), FIRST);

    assertThatThrownBy(() -> ReplicaDirectory.create(root, descriptor(), FIRST))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldNotListReplicaWhoseCreationWasCut() throws Exception {
    // given a creation that was cut before its last rename
    ReplicaDirectory whole = ReplicaDirectory.create(root, descriptor(), FIRST);
    Files.move(whole.path(), root.resolve(group + ".new"));

    // when, then
    assertThat(ReplicaDirectory.list(root)).isEmpty();
    ReplicaDirectory.create(root, descriptor(), FIRST);
    assertThat(ReplicaDirectory.list(root)).containsExactly(group);
    assertThat(root.resolve(group + ".new")).doesNotExist();
  }

  @Test
  void shouldNotListReplicaWhoseDeletionWasCut() throws Exception {
    // given a deletion that was cut after its rename, with some files gone
    ReplicaDirectory whole = ReplicaDirectory.create(root, descriptor(), FIRST);
    Files.move(whole.path(), root.resolve(group + ".deleted"));
    Files.delete(root.resolve(group + ".deleted").resolve("descriptor"));

    // when, then
    assertThat(ReplicaDirectory.list(root)).isEmpty();
    ReplicaDirectory.sweep(root);
    assertThat(root).isEmptyDirectory();
  }

  @Test
  void shouldSweepLeftoversOnly() throws Exception {
    // given
    ReplicaDirectory.create(root, descriptor(), FIRST);
    Files.createDirectories(root.resolve(UUID.randomUUID() + ".new"));
    Files.createDirectories(root.resolve(UUID.randomUUID() + ".deleted").resolve("sub"));
    Files.createDirectory(root.resolve("not-ours.new"));

    // when
    ReplicaDirectory.sweep(root);

    // then
    try (Stream<Path> left = Files.list(root)) {
      assertThat(left)
          .containsExactlyInAnyOrder(root.resolve(group.toString()), root.resolve("not-ours.new"));
    }
  }

  @Test
  void shouldDeleteAndTakeTheGroupAgain() throws Exception {
    // given
    ReplicaDirectory replica = ReplicaDirectory.create(root, descriptor(), FIRST);
    replica.quarantine("a test");
    CheckpointStore.open(replica.path()).write(Checkpoint.newBuilder().setIndex(3).build());

    // when
    replica.delete();
    replica.delete();

    // then
    assertThat(root).isEmptyDirectory();
    ReplicaDirectory again = ReplicaDirectory.create(root, descriptor(), FIRST);
    assertThat(again.quarantineReason()).isEmpty();
    assertThat(CheckpointStore.open(again.path()).newest().orElseThrow().getIndex())
        .isEqualTo(FIRST.getIndex());
  }

  @Test
  void shouldFinishDeletionThatAnEarlierOneLeftBehind() throws Exception {
    // given a group that was deleted, cut, and created again
    Files.createDirectories(root.resolve(group + ".deleted").resolve("rest"));
    ReplicaDirectory replica = ReplicaDirectory.create(root, descriptor(), FIRST);

    // when
    replica.delete();

    // then
    assertThat(root).isEmptyDirectory();
  }

  @Test
  void shouldReplaceDescriptorAsAWhole() throws Exception {
    // given
    ReplicaDirectory replica = ReplicaDirectory.create(root, descriptor(), FIRST);
    ReplicaDescriptor moved = descriptor().toBuilder().setEngine("lmdb").setGeneration(1).build();

    // when
    replica.replaceDescriptor(moved);

    // then
    assertThat(ReplicaDirectory.open(root, group).descriptor()).isEqualTo(moved);
  }

  @Test
  void shouldKeepDescriptorWhenReplacementWasCut() throws Exception {
    // given
    ReplicaDirectory replica = ReplicaDirectory.create(root, descriptor(), FIRST);
    Files.write(replica.path().resolve("descriptor.tmp"), new byte[] {7});

    // when, then
    assertThat(replica.descriptor()).isEqualTo(descriptor());
  }

  @Test
  void shouldRefuseDescriptorOfAnotherReplica() throws Exception {
    ReplicaDirectory replica = ReplicaDirectory.create(root, descriptor(), FIRST);
    ReplicaDescriptor other = descriptor().toBuilder().setLogId(LogId.random().toString()).build();

    assertThatThrownBy(() -> replica.replaceDescriptor(other))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(replica.descriptor()).isEqualTo(descriptor());
  }

  @Test
  void shouldFindDescriptorDamagedAtAnyByte() throws Exception {
    // given
    ReplicaDirectory replica = ReplicaDirectory.create(root, descriptor(), FIRST);
    Path file = replica.path().resolve("descriptor");
    byte[] whole = Files.readAllBytes(file);

    for (int at = 0; at < whole.length; at++) {
      // when
      byte[] rotten = whole.clone();
      rotten[at] ^= 1;
      Files.write(file, rotten);

      // then
      assertThatThrownBy(replica::descriptor).isInstanceOf(ReplicaQuarantinedException.class);
    }
  }

  @Test
  void shouldStillListAndDeleteReplicaWithoutDescriptor() throws Exception {
    // given
    ReplicaDirectory replica = ReplicaDirectory.create(root, descriptor(), FIRST);
    Files.delete(replica.path().resolve("descriptor"));

    // when, then
    assertThat(ReplicaDirectory.list(root)).containsExactly(group);
    assertThatThrownBy(replica::descriptor).isInstanceOf(ReplicaQuarantinedException.class);
    ReplicaDirectory.open(root, group).delete();
    assertThat(ReplicaDirectory.list(root)).isEmpty();
  }

  @Test
  void shouldRememberFirstReasonOfQuarantine() throws Exception {
    // given
    ReplicaDirectory replica = ReplicaDirectory.create(root, descriptor(), FIRST);

    // when
    replica.quarantine("entry 7 is bad");
    replica.quarantine("something else");

    // then
    assertThat(ReplicaDirectory.open(root, group).quarantineReason()).contains("entry 7 is bad");
  }

  @Test
  void shouldStayInQuarantineWhenItsMarkIsDamaged() throws IOException {
    // given
    ReplicaDirectory replica = ReplicaDirectory.create(root, descriptor(), FIRST);
    Files.write(replica.path().resolve("quarantine"), new byte[0]);

    // when, then
    assertThat(replica.quarantineReason()).contains("the quarantine mark is damaged");
  }

  private ReplicaDescriptor descriptor() {
    return ReplicaDescriptor.newBuilder()
        .setGroup(group.toString())
        .setName("orders-0")
        .setKind(ReplicaKind.LOG)
        .setLogId(log.toString())
        .setEngine("mmap")
        .addInitialVoters(
            StoredVoter.newBuilder()
                .setPeerId("1-aa")
                .setNodeId(1)
                .setHost("localhost")
                .setPort(9093))
        .build();
  }
}
