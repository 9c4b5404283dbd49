package dev.flotilla.raft;

import dev.flotilla.proto.Checkpoint;
import dev.flotilla.proto.QuarantineMark;
import dev.flotilla.proto.RepairMark;
import dev.flotilla.proto.ReplicaDescriptor;
import dev.flotilla.storage.LogId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The directory of one replica: everything of it but its log, which lies in its engine.
 *
 * <pre>
 * ROOT/GROUP/descriptor     what the replica is, and where its log lies
 *            vote           see {@link VoteStore}
 *            checkpoint-n   see {@link CheckpointStore}
 *            quarantine     there if the replica cannot be trusted
 *            repair         there from the replacing of a damaged log until it is filled again
 * ROOT/GROUP.new            a replica that is being created
 * ROOT/GROUP.deleted        a replica that is being deleted
 * </pre>
 *
 * <p>A replica exists when a directory has its group's name. Create its log in the engine before,
 * and delete that log after: a log that no descriptor names is garbage, a descriptor without its
 * log is damage.
 *
 * <p>Any thread may call; calls for one group do not come at the same time.
 */
final class ReplicaDirectory {

  private static final String NEW = ".new";
  private static final String DELETED = ".deleted";
  private static final String DESCRIPTOR = "descriptor";
  private static final String QUARANTINE = "quarantine";
  private static final String REPAIR = "repair";
  private static final int DESCRIPTOR_MAGIC = 0x464C5244;
  private static final int QUARANTINE_MAGIC = 0x464C514D;
  private static final int REPAIR_MAGIC = 0x464C5250;
  private static final byte[] NO_SEED = {};

  private final Path root;
  private final UUID group;
  private final Path path;

  private ReplicaDirectory(Path root, UUID group) {
    this.root = root;
    this.group = group;
    this.path = root.resolve(group.toString());
  }

  /**
   * Creates the directory of a new replica, with its descriptor, a vote store that has never voted
   * and a checkpoint. Durable when it returns; a crash leaves a whole replica or none.
   *
   * @param first where the replica begins
   * @throws IllegalStateException if the group has a replica here
   */
  static ReplicaDirectory create(Path root, ReplicaDescriptor descriptor, Checkpoint first)
      throws IOException {
    ReplicaDirectory created = new ReplicaDirectory(root, UUID.fromString(descriptor.getGroup()));
    if (Files.exists(created.path)) {
      throw new IllegalStateException(created.path + " exists");
    }
    DurableFile.createDirectories(root);
    Path unfinished = root.resolve(created.group + NEW);
    deleteTree(unfinished);
    Files.createDirectory(unfinished);
    VoteStore.create(unfinished, logId(descriptor));
    CheckpointStore.create(unfinished, first);
    DurableFile.create(unfinished.resolve(DESCRIPTOR), sealed(descriptor));
    DurableFile.syncDirectory(unfinished);
    Files.move(unfinished, created.path, StandardCopyOption.ATOMIC_MOVE);
    DurableFile.syncDirectory(root);
    return created;
  }

  /**
   * The directory of a replica that exists, whatever its state.
   *
   * @throws IOException if there is none
   */
  static ReplicaDirectory open(Path root, UUID group) throws IOException {
    ReplicaDirectory opened = new ReplicaDirectory(root, group);
    if (!Files.isDirectory(opened.path)) {
      throw new NoSuchFileException(opened.path.toString());
    }
    return opened;
  }

  /** The groups that have a replica here, quarantined ones included. */
  static Set<UUID> list(Path root) throws IOException {
    return entries(root).stream()
        .flatMap(entry -> groupOf(nameOf(entry)).stream())
        .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * Finishes what crashes have interrupted: removes replicas that were never created whole or are
   * deleted. To be called once at start, before any replica is created or deleted.
   */
  static void sweep(Path root) throws IOException {
    for (Path entry : entries(root)) {
      String name = nameOf(entry);
      if (isLeftover(name, NEW) || isLeftover(name, DELETED)) {
        deleteTree(entry);
      }
    }
  }

  UUID group() {
    return group;
  }

  /** Where the replica's vote and checkpoints lie. */
  Path path() {
    return path;
  }

  /**
   * What the replica is.
   *
   * @throws ReplicaQuarantinedException if the descriptor is missing, damaged or another group's
   * @throws IOException if it cannot be read
   */
  ReplicaDescriptor descriptor() throws IOException, ReplicaQuarantinedException {
    Path file = path.resolve(DESCRIPTOR);
    Optional<ReplicaDescriptor> descriptor;
    try {
      descriptor =
          Seal.open(
              DESCRIPTOR_MAGIC,
              NO_SEED,
              ByteBuffer.wrap(Files.readAllBytes(file)),
              ReplicaDescriptor.parser());
    } catch (NoSuchFileException e) {
      throw new ReplicaQuarantinedException(file + " is missing", e);
    }
    return descriptor
        .filter(found -> found.getGroup().equals(group.toString()))
        .orElseThrow(() -> new ReplicaQuarantinedException(file + " is damaged"));
  }

  /**
   * Replaces the descriptor, to switch the replica to another engine or generation. Durable when it
   * returns; a crash leaves the old one or the new one.
   *
   * @throws IllegalArgumentException if it is about another group, kind or log
   */
  void replaceDescriptor(ReplicaDescriptor descriptor)
      throws IOException, ReplicaQuarantinedException {
    ReplicaDescriptor present = descriptor();
    if (!descriptor.getGroup().equals(present.getGroup())
        || descriptor.getKind() != present.getKind()
        || !descriptor.getLogId().equals(present.getLogId())) {
      throw new IllegalArgumentException(
          path + " is of another replica than " + descriptor.getName());
    }
    writeDescriptor(path, descriptor);
  }

  /**
   * Marks the replica as one that cannot be trusted. Durable when it returns. The first reason
   * stays.
   */
  void quarantine(String reason) throws IOException {
    if (quarantineReason().isEmpty()) {
      QuarantineMark mark = QuarantineMark.newBuilder().setReason(reason).build();
      DurableFile.replace(path.resolve(QUARANTINE), Seal.close(QUARANTINE_MAGIC, NO_SEED, mark));
    }
  }

  /** Why the replica cannot be trusted; empty while it can. A mark that is damaged is a mark. */
  Optional<String> quarantineReason() throws IOException {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path.resolve(QUARANTINE)));
      return Optional.of(
          Seal.open(QUARANTINE_MAGIC, NO_SEED, bytes, QuarantineMark.parser())
              .map(QuarantineMark::getReason)
              .orElse("the quarantine mark is damaged"));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Takes the quarantine mark away, since what it was about is gone. Durable when it returns. */
  void endQuarantine() throws IOException {
    remove(QUARANTINE);
  }

  /**
   * How far the repair of the log is; empty when none is under way.
   *
   * @throws ReplicaQuarantinedException if that cannot be told, since the mark is damaged
   */
  Optional<RepairMark> repairMark() throws IOException, ReplicaQuarantinedException {
    Path file = path.resolve(REPAIR);
    ByteBuffer bytes;
    try {
      bytes = ByteBuffer.wrap(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    Optional<RepairMark> mark = Seal.open(REPAIR_MAGIC, seed(), bytes, RepairMark.parser());
    if (mark.isEmpty()) {
      throw new ReplicaQuarantinedException(file + " is damaged");
    }
    return mark;
  }

  /** Replaces the mark of a repair. Durable when it returns. */
  void repair(RepairMark mark) throws IOException {
    DurableFile.replace(path.resolve(REPAIR), Seal.close(REPAIR_MAGIC, seed(), mark));
  }

  /** The repair is over. Durable when it returns. */
  void endRepair() throws IOException {
    remove(REPAIR);
  }

  private byte[] seed() {
    return group.toString().getBytes(StandardCharsets.US_ASCII);
  }

  private void remove(String file) throws IOException {
    if (Files.deleteIfExists(path.resolve(file))) {
      DurableFile.syncDirectory(path);
    }
  }

  /**
   * Deletes the replica. Durable when it returns; after a crash in the middle the replica is still
   * there, or it is gone and {@link #sweep} removes the rest. Does nothing if it is gone.
   */
  void delete() throws IOException {
    Path deleted = root.resolve(group + DELETED);
    if (Files.exists(path)) {
      deleteTree(deleted);
      Files.move(path, deleted, StandardCopyOption.ATOMIC_MOVE);
      DurableFile.syncDirectory(root);
    }
    deleteTree(deleted);
  }

  /**
   * Makes durable what was read here: a crash may have come between the replacing of a file and the
   * syncing of its name.
   */
  void sync() throws IOException {
    DurableFile.syncDirectory(path);
  }

  private static void writeDescriptor(Path directory, ReplicaDescriptor descriptor)
      throws IOException {
    DurableFile.replace(directory.resolve(DESCRIPTOR), sealed(descriptor));
  }

  private static ByteBuffer sealed(ReplicaDescriptor descriptor) {
    return Seal.close(DESCRIPTOR_MAGIC, NO_SEED, descriptor);
  }

  private static LogId logId(ReplicaDescriptor descriptor) {
    return new LogId(UUID.fromString(descriptor.getLogId()));
  }

  private static boolean isLeftover(String name, String suffix) {
    return name.endsWith(suffix)
        && groupOf(name.substring(0, name.length() - suffix.length())).isPresent();
  }

  /** The group that a name spells in canonical form. */
  private static Optional<UUID> groupOf(String name) {
    try {
      UUID parsed = UUID.fromString(name);
      return parsed.toString().equals(name) ? Optional.of(parsed) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String nameOf(Path entry) {
    Path name = entry.getFileName();
    return name == null ? "" : name.toString();
  }

  private static List<Path> entries(Path root) throws IOException {
    if (!Files.exists(root)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(root)) {
      return entries.toList();
    }
  }

  /** Deletes a directory with all below it. Does nothing if there is none. */
  static void deleteTree(Path tree) throws IOException {
    if (!Files.exists(tree)) {
      return;
    }
    List<Path> files;
    try (Stream<Path> walk = Files.walk(tree)) {
      files = new ArrayList<>(walk.toList());
    }
    files.sort(Comparator.reverseOrder());
    for (Path file : files) {
      Files.delete(file);
    }
  }
}
