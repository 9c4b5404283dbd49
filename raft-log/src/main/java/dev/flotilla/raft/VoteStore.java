package dev.flotilla.raft;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.flotilla.proto.StoredVote;
import dev.flotilla.storage.LogId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The term a replica has reached and the vote it cast in it. A vote that was answered and then
 * forgotten can elect two leaders in one term, so {@link #persist} returns only when the vote
 * survives a power cut and the loss of either copy.
 *
 * <p>The file {@code vote} has two slots, each a {@link Seal sealed} {@link StoredVote}, seeded
 * with the identity of the log:
 *
 * <pre>
 *    0  slot 0
 * 4096  slot 1
 * 8192  end
 * </pre>
 *
 * <p>A vote is written to slot 0 and flushed, then to slot 1 and flushed; then it counts. So a torn
 * or rotten slot costs nothing that counted: the other has it. The slots lie in different blocks,
 * so that a torn write cannot reach both.
 *
 * <p>Terms never fall and the vote of a term never changes, in whatever order threads call: calls
 * are compared with what is durable. Any thread may call any method.
 */
final class VoteStore {

  /** A term and the candidate that got its vote, null while none did. */
  record Vote(long term, @Nullable String votedFor) {

    /** Whether it says more than the other: a higher term, or the first vote of the same term. */
    boolean follows(Vote other) {
      return term > other.term
          || (term == other.term && votedFor != null && other.votedFor == null);
    }

    /** Whether no voter can have cast both. */
    boolean contradicts(Vote other) {
      return term == other.term
          && votedFor != null
          && other.votedFor != null
          && !votedFor.equals(other.votedFor);
    }
  }

  static final String FILE = "vote";
  static final int SLOT_BYTES = 4096;

  private static final int SLOTS = 2;
  private static final int MAGIC = 0x464C5654;
  private static final int MAX_NAME_BYTES = 1024;
  private static final Vote FIRST = new Vote(0, null);

  private final Path file;
  private final byte[] seed;

  /** What both slots hold on the device. */
  private Vote durable;

  /** The failure after which nothing is known of the device, null while there was none. */
  private @Nullable IOException failure;

  private VoteStore(Path file, byte[] seed, Vote durable) {
    this.file = file;
    this.seed = seed;
    this.durable = durable;
  }

  /**
   * Creates the store of a replica that has never voted, in term 0. Durable once the directory was
   * synced.
   *
   * @param seed identity of the replica's log
   */
  static void create(Path directory, LogId seed) throws IOException {
    ByteBuffer slots = ByteBuffer.allocate(SLOTS * SLOT_BYTES);
    ByteBuffer sealed = seal(seedOf(seed), FIRST);
    slots.put(0, sealed, 0, sealed.limit());
    slots.put(SLOT_BYTES, sealed, 0, sealed.limit());
    DurableFile.create(directory.resolve(FILE), slots);
  }

  /** The store that was just created and is durable, wherever its directory lies by now. */
  static VoteStore created(Path directory, LogId seed) {
    return new VoteStore(directory.resolve(FILE), seedOf(seed), FIRST);
  }

  /**
   * Opens the store of a replica and makes durable what it holds: a process that was killed may
   * have left it in the page cache only.
   *
   * @param seed identity of the replica's log
   * @throws ReplicaQuarantinedException if the file is missing or neither slot is whole; nothing
   *     has been changed
   * @throws IOException if it cannot be read or written
   */
  static VoteStore open(Path directory, LogId seed)
      throws IOException, ReplicaQuarantinedException {
    Path file = directory.resolve(FILE);
    byte[] seedBytes = seedOf(seed);
    List<Optional<Vote>> slots = readSlots(file, seedBytes);
    VoteStore store = new VoteStore(file, seedBytes, newest(file, slots));
    // A bad slot is written first, while the other still holds the vote. Otherwise slot 0 first, as
    // ever: it may hold a vote that has not reached the device, and then slot 1 must keep that
    // vote's predecessor until it has.
    if (slots.get(1).isEmpty()) {
      store.write(store.durable, 1, 0);
    } else {
      store.write(store.durable, 0, 1);
    }
    return store;
  }

  /**
   * The durable vote.
   *
   * @throws IllegalStateException after a failed persist: what the device holds is not known
   */
  synchronized Vote current() {
    if (failure != null) {
      throw new IllegalStateException(file + " failed before", failure);
    }
    return durable;
  }

  /**
   * Makes a term, and the vote cast in it if there is one, durable. A call that says less than what
   * is durable (an older term, or no vote in a term that has one) changes nothing and returns: the
   * durable vote already forbids what it forbids.
   *
   * @throws IllegalStateException if another vote was cast in this term; nothing was changed
   * @throws IOException if it cannot be written or flushed, now or in an earlier call: whether the
   *     vote is on the device is not known, and the store takes nothing more. The replica stops
   */
  synchronized void persist(long term, @Nullable String votedFor) throws IOException {
    if (failure != null) {
      throw new IOException(file + " failed before", failure);
    }
    Vote vote = new Vote(term, votedFor);
    if (vote.contradicts(durable)) {
      throw new IllegalStateException(file + ": " + vote + " contradicts " + durable);
    }
    if (!vote.follows(durable)) {
      return;
    }
    if (votedFor != null && votedFor.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES) {
      throw new IllegalArgumentException("a peer id of " + votedFor.length() + " characters");
    }
    try {
      write(vote, 0, 1);
    } catch (IOException e) {
      failure = e;
      throw e;
    }
    durable = vote;
  }

  private void write(Vote vote, int firstSlot, int secondSlot) throws IOException {
    ByteBuffer sealed = seal(seed, vote);
    try (FileChannel channel = FileChannel.open(file, WRITE)) {
      DurableFile.writeFully(channel, sealed, (long) firstSlot * SLOT_BYTES);
      channel.force(false);
      DurableFile.writeFully(channel, sealed, (long) secondSlot * SLOT_BYTES);
      channel.force(false);
    }
  }

  private static Vote newest(Path file, List<Optional<Vote>> slots)
      throws ReplicaQuarantinedException {
    Vote newest = null;
    for (Optional<Vote> slot : slots) {
      if (slot.isPresent()) {
        Vote vote = slot.get();
        if (newest != null && vote.contradicts(newest)) {
          throw new ReplicaQuarantinedException(file + " holds " + newest + " and " + vote);
        }
        newest = newest == null || vote.follows(newest) ? vote : newest;
      }
    }
    if (newest == null) {
      throw new ReplicaQuarantinedException(file + " holds no whole vote");
    }
    return newest;
  }

  private static List<Optional<Vote>> readSlots(Path file, byte[] seed)
      throws IOException, ReplicaQuarantinedException {
    ByteBuffer bytes = ByteBuffer.allocate(SLOTS * SLOT_BYTES);
    try (FileChannel channel = FileChannel.open(file, READ)) {
      int read = 0;
      while (bytes.hasRemaining() && read >= 0) {
        read = channel.read(bytes);
      }
    } catch (NoSuchFileException e) {
      throw new ReplicaQuarantinedException(file + " is missing", e);
    }
    return List.of(
        unseal(seed, bytes.slice(0, SLOT_BYTES)),
        unseal(seed, bytes.slice(SLOT_BYTES, SLOT_BYTES)));
  }

  private static Optional<Vote> unseal(byte[] seed, ByteBuffer slot) {
    return Seal.open(MAGIC, seed, slot, StoredVote.parser())
        .map(vote -> new Vote(vote.getTerm(), vote.hasVotedFor() ? vote.getVotedFor() : null));
  }

  private static ByteBuffer seal(byte[] seed, Vote vote) {
    StoredVote.Builder stored = StoredVote.newBuilder().setTerm(vote.term());
    if (vote.votedFor() != null) {
      stored.setVotedFor(vote.votedFor());
    }
    return Seal.close(MAGIC, seed, stored.build());
  }

  private static byte[] seedOf(LogId id) {
    return ByteBuffer.allocate(2 * Long.BYTES)
        .putLong(id.value().getMostSignificantBits())
        .putLong(id.value().getLeastSignificantBits())
        .array();
  }
}
