package dev.flotilla.raft;

import dev.flotilla.proto.Checkpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of a replica: the newest and the one before it, in the files {@code checkpoint-0}
 * and {@code checkpoint-1}, each {@link Seal sealed}. A checkpoint of generation g lies in file g
 * mod 2, so that writing one replaces the older of the two.
 *
 * <p>What cannot be read counts as absent: a lost checkpoint costs a replay. Any thread may call
 * any method.
 */
final class CheckpointStore {

  private static final Logger LOG = LoggerFactory.getLogger(CheckpointStore.class);

  private static final int FILES = 2;
  private static final int MAGIC = 0x464C4350;
  private static final byte[] NO_SEED = {};

  private final Path directory;

  /** The newest generation that is durable, 0 while there is none. */
  private long generation;

  private CheckpointStore(Path directory) {
    this.directory = directory;
  }

  /** Writes the first checkpoint of a new replica. Durable once the directory was synced. */
  static void create(Path directory, Checkpoint first) throws IOException {
    Checkpoint numbered = first.toBuilder().setGeneration(1).build();
    DurableFile.create(file(directory, 1), Seal.close(MAGIC, NO_SEED, numbered));
  }

  /**
   * Opens the checkpoints in a replica's directory.
   *
   * @throws IOException if it is not a directory
   */
  static CheckpointStore open(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      throw new IOException(directory + " is not a directory");
    }
    CheckpointStore store = new CheckpointStore(directory);
    store.generation = store.newest().map(Checkpoint::getGeneration).orElse(0L);
    return store;
  }

  /**
   * The newest checkpoint that is whole: the last one written or, where that is damaged, the one
   * before it. Reads the disk. A caller must still compare its index with its log's start.
   */
  Optional<Checkpoint> newest() {
    return before(Long.MAX_VALUE);
  }

  /** The newest checkpoint that is whole and older than a generation, otherwise as that. */
  synchronized Optional<Checkpoint> before(long generationEnd) {
    return IntStream.range(0, FILES)
        .mapToObj(number -> read(file(directory, number)))
        .flatMap(Optional::stream)
        .filter(checkpoint -> checkpoint.getGeneration() < generationEnd)
        .max(Comparator.comparingLong(Checkpoint::getGeneration));
  }

  /**
   * Writes a checkpoint, which becomes the newest; its generation is set here. Durable when it
   * returns. After a failure or a crash the checkpoints are as before or the new one is there too,
   * and another may be written.
   */
  synchronized void write(Checkpoint checkpoint) throws IOException {
    // Counted only once durable: after a failure the next one takes the same file again and leaves
    // the good one alone.
    long next = generation + 1;
    Checkpoint numbered = checkpoint.toBuilder().setGeneration(next).build();
    DurableFile.replace(file(directory, next), Seal.close(MAGIC, NO_SEED, numbered));
    generation = next;
  }

  /** Deletes all of them, durably. */
  synchronized void clear() throws IOException {
    for (int number = 0; number < FILES; number++) {
      Files.deleteIfExists(file(directory, number));
    }
    DurableFile.syncDirectory(directory);
    generation = 0;
  }

  private static Path file(Path directory, long generation) {
    return directory.resolve("checkpoint-" + generation % FILES);
  }

  private static Optional<Checkpoint> read(Path file) {
    Optional<Checkpoint> checkpoint;
    try {
      checkpoint =
          Seal.open(MAGIC, NO_SEED, ByteBuffer.wrap(Files.readAllBytes(file)), Checkpoint.parser());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      LOG.warn("{} cannot be read and counts as lost", file, e);
      return Optional.empty();
    }
    if (checkpoint.isEmpty()) {
      LOG.warn("{} is damaged and counts as lost", file);
    }
    return checkpoint;
  }
}
