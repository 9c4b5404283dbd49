package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.lmdbjava.Dbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rows of a log that is deleted, which are removed some in each transaction. A row of the
 * database {@code logs} names it until none is left: a removal whose commit failed goes on behind
 * the next one, an interrupted one when the engine is opened the next time.
 */
final class DeletedLog implements Work {

  private static final Logger LOG = LoggerFactory.getLogger(DeletedLog.class);

  private final int log;
  private final Commits commits;
  private boolean gone;

  /** Whether what failed was the commit, not the removal. */
  private boolean applied;

  DeletedLog(int log, Commits commits) {
    this.log = log;
    this.commits = commits;
  }

  @Override
  public void apply(Changes changes) {
    applied = false;
    gone =
        remove(changes, changes.databases.payloads())
            && remove(changes, changes.databases.headers());
    if (gone) {
      removeTerms(changes);
      changes.remove(changes.databases.logs(), Keys.deleted(changes.key, log));
    }
    applied = true;
  }

  /** Whether none is left. */
  private boolean remove(Changes changes, Dbi<ByteBuffer> database) {
    long number = changes.firstRow(database, log);
    while (number != Changes.NONE && !changes.hasRemovedEnough()) {
      number = changes.removeRows(database, log, number, number + 1).next();
    }
    return number == Changes.NONE;
  }

  private void removeTerms(Changes changes) {
    List<Long> indexes = new ArrayList<>();
    changes.scan(
        changes.databases.logs(),
        Keys.term(changes.key, log, 0),
        (key, _) -> {
          boolean mine = Keys.isTermOf(key, log);
          if (mine) {
            indexes.add(key.getLong(5));
          }
          return mine;
        });
    for (long index : indexes) {
      changes.remove(changes.databases.logs(), Keys.term(changes.key, log, index));
    }
  }

  @Override
  public void committed() {
    if (!gone) {
      commits.submit(this);
    }
  }

  @Override
  public void failed(StorageException cause) {
    if (applied) {
      commits.submitLater(this);
      return;
    }
    LOG.info(
        "Rows of deleted log number {} stay until the next start: {}", log, cause.getMessage());
  }
}
