package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.raft.VoteStore.Vote;
import dev.flotilla.storage.LogId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VoteStoreTest {

  private final LogId log = LogId.random();
  @TempDir Path directory;

  @BeforeEach
  void create() throws Exception {
    VoteStore.create(directory, log);
  }

  @Test
  void shouldBeginInTermZeroWithoutVote() throws Exception {
    assertThat(VoteStore.open(directory, log).current()).isEqualTo(new Vote(0, null));
  }

  @Test
  void shouldRememberVoteWhenOpenedAgain() throws Exception {
    // given
    VoteStore.open(directory, log).persist(7, "3-abc");

    // when
    VoteStore reopened = VoteStore.open(directory, log);

    // then
    assertThat(reopened.current()).isEqualTo(new Vote(7, "3-abc"));
  }

  @Test
  void shouldTakeFirstVoteOfTermItHasReached() throws Exception {
    // given
    VoteStore store = VoteStore.open(directory, log);
    store.persist(7, null);

    // when
    store.persist(7, "2-b");

    // then
    assertThat(VoteStore.open(directory, log).current()).isEqualTo(new Vote(7, "2-b"));
  }

  @Test
  void shouldNotGoBackInTerm() throws Exception {
    // given
    VoteStore store = VoteStore.open(directory, log);
    store.persist(7, null);

    // when
    store.persist(6, "1-a");

    // then
    assertThat(store.current()).isEqualTo(new Vote(7, null));
    assertThat(VoteStore.open(directory, log).current()).isEqualTo(new Vote(7, null));
  }

  @Test
  void shouldNotForgetVoteOfTerm() throws Exception {
    // given
    VoteStore store = VoteStore.open(directory, log);
    store.persist(7, "1-a");

    // when
    store.persist(7, null);

    // then
    assertThat(VoteStore.open(directory, log).current()).isEqualTo(new Vote(7, "1-a"));
  }

  @Test
  void shouldRefuseAnotherVoteInTheSameTerm() throws Exception {
    // given
    VoteStore store = VoteStore.open(directory, log);
    store.persist(7, "1-a");

    // when, then
    assertThatThrownBy(() -> store.persist(7, "2-b"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("contradicts");
    assertThat(VoteStore.open(directory, log).current()).isEqualTo(new Vote(7, "1-a"));
  }

  @Test
  void shouldWriteAgainWhatOnlyFailedBefore() throws Exception {
    // given a store whose write fails
    VoteStore store = VoteStore.open(directory, log);
    byte[] content = Files.readAllBytes(voteFile());
    putDirectoryInPlaceOfFile();
    assertThatThrownBy(() -> store.persist(7, "1-a")).isInstanceOf(IOException.class);

    // when the device works again and the replica is opened anew
    Files.delete(voteFile());
    Files.write(voteFile(), content);
    VoteStore reopened = VoteStore.open(directory, log);
    reopened.persist(7, "1-a");

    // then what was tried did not count as done
    assertThat(VoteStore.open(directory, log).current()).isEqualTo(new Vote(7, "1-a"));
  }

  @Test
  void shouldRefuseEverythingAfterFailedPersist() throws Exception {
    // given
    VoteStore store = VoteStore.open(directory, log);
    byte[] content = Files.readAllBytes(voteFile());
    putDirectoryInPlaceOfFile();
    assertThatThrownBy(() -> store.persist(7, "1-a")).isInstanceOf(IOException.class);
    Files.delete(voteFile());
    Files.write(voteFile(), content);

    // when, then
    assertThatThrownBy(() -> store.persist(7, "1-a")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> store.persist(0, null)).isInstanceOf(IOException.class);
    assertThatThrownBy(store::current).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldQuarantineWhenMissing() throws Exception {
    Files.delete(voteFile());

    assertThatThrownBy(() -> VoteStore.open(directory, log))
        .isInstanceOf(ReplicaQuarantinedException.class)
        .hasMessageContaining("missing");
    assertThat(voteFile()).doesNotExist();
  }

  @Test
  void shouldQuarantineVotesOfAnotherLog() {
    assertThatThrownBy(() -> VoteStore.open(directory, LogId.random()))
        .isInstanceOf(ReplicaQuarantinedException.class);
  }

  @Test
  void shouldKeepHighestTermAndItsFirstVoteWhenThreadsRace() throws Exception {
    for (int round = 0; round < 20; round++) {
      // given
      VoteStore store = VoteStore.open(directory, log);
      long term = store.current().term() + 2;
      CountDownLatch start = new CountDownLatch(1);
      Thread candidate = persisting(store, start, term, "1-a");
      Thread follower = persisting(store, start, term + 1, null);
      Thread late = persisting(store, start, term, null);

      // when
      start.countDown();
      candidate.join();
      follower.join();
      late.join();

      // then
      assertThat(VoteStore.open(directory, log).current()).isEqualTo(new Vote(term + 1, null));
    }
  }

  private static Thread persisting(
      VoteStore store, CountDownLatch start, long term, @Nullable String vote) {
    return Thread.ofPlatform()
        .start(() -> {
          try {
            start.await();
            store.persist(term, vote);
          } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private void putDirectoryInPlaceOfFile() throws IOException {
    Files.delete(voteFile());
    Files.createDirectory(voteFile());
  }

  private Path voteFile() {
    return directory.resolve(VoteStore.FILE);
  }
}
