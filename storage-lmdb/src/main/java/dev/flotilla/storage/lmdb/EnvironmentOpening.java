package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.LogId;
import dev.flotilla.storage.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What comes before an environment is opened: the file is checked, set aside if it is damaged, and
 * made anew where there is none.
 */
final class EnvironmentOpening {

  private static final Logger LOG = LoggerFactory.getLogger(EnvironmentOpening.class);

  /** Kills and power losses that follow one another so often may be crashes of which none knows. */
  private static final int SUSPICIOUS_ENDS = 3;

  private final EnvironmentFiles files;
  private final EngineConfig config;

  /** Processes that did not close the engine since it was checked or closed. */
  private int endsBefore;

  EnvironmentOpening(EnvironmentFiles files, EngineConfig config) {
    this.files = files;
    this.config = config;
  }

  /**
   * On return there is an environment that can be opened, and marked as open.
   *
   * @throws StorageException if there is one of another version or machine
   */
  void prepare() throws IOException {
    prepareFile();
    files.openMark().set(endsBefore);
  }

  private void prepareFile() throws IOException {
    Path file = files.environment();
    if (Files.notExists(file)) {
      create(Set.of());
      return;
    }
    switch (check(file)) {
      case EnvironmentCheck.Verdict.Good() -> {
        files.syncEnvironment();
        files.beginNew();
      }
      case EnvironmentCheck.Verdict.Foreign(String what) ->
          throw new StorageException(
              "open %s: it is not of this version and machine: %s".formatted(file, what));
      case EnvironmentCheck.Verdict.Damaged(String what) -> setAside(file, what);
    }
  }

  /** An environment that cannot be opened gives way to a new one, as {@link #prepare} leaves it. */
  void setAside(DamagedEnvironmentException found) throws IOException {
    setAside(files.environment(), String.valueOf(found.getMessage()));
  }

  /** A crash, or one after the other, has it checked however large it is. */
  private EnvironmentCheck.Verdict check(Path file) throws IOException {
    OpenMark.LastEnd end = files.openMark().lastEnd();
    boolean suspicious = end.ends() >= SUSPICIOUS_ENDS && Files.size(file) > config.checkedBytes();
    if (!end.crashed() && !suspicious) {
      endsBefore = end.ends();
      return EnvironmentCheck.check(file, config.checkedBytes());
    }
    LOG.warn(
        "{}: all pages of {}, {} MiB, are checked before it is used",
        end.crashed()
            ? "The process that used it crashed in native code"
            : end.ends() + " processes one after the other did not close it",
        file,
        Files.size(file) >> 20);
    return CheckingProcess.check(file);
  }

  /**
   * The logs that were in it are known by name only from now on. Their names are durable in the new
   * environment, under its other name, before the damaged one is moved.
   */
  private void setAside(Path file, String what) throws IOException {
    Set<LogId> lost = Salvage.logs(file);
    make(lost);
    Path aside = files.setAside();
    files.install();
    LOG.error(
        "{} is damaged ({}): {} logs are lost here and will be made anew from their other"
            + " replicas. The file is {} now and can be deleted",
        file,
        what,
        lost.size(),
        aside);
  }

  private void create(Set<LogId> lost) throws IOException {
    make(lost);
    files.install();
  }

  private void make(Set<LogId> lost) throws IOException {
    long started = System.nanoTime();
    Path fresh = files.beginNew();
    try (Environment environment = Environment.create(fresh, config)) {
      environment.checkPages();
      environment.write(
          Long.MAX_VALUE,
          changes -> {
            Catalogue.begin(changes, lost);
            changes.commit();
          });
      environment.write(
          Long.MAX_VALUE,
          changes -> {
            Catalogue.close(changes);
            changes.commit();
          });
    }
    files.committed(fresh);
    config.listener().flushed(0, 0, System.nanoTime() - started);
  }
}
