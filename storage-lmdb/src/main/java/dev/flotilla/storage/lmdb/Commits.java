package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.DiskFullException;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.StorageException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lmdbjava.LmdbException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that writes to an environment. What waits when it begins a transaction, of
 * whichever logs, goes into that transaction, first come first served, up to a size; one sync makes
 * all of it durable. What comes meanwhile waits for the next: batches grow with the load, and
 * nothing waits for a timer.
 *
 * <p>When a commit fails, all that was in it fails, and the environment is opened again before the
 * next: what LMDB and the system hold of it in memory is unknown. A commit of nothing follows, see
 * {@link #settle()}. When it comes to no commit, because the rows of a work cannot be written, the
 * others are not failed for it.
 */
final class Commits implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Commits.class);

  private final Environment environment;
  private final EnvironmentFiles files;
  private final Device device;
  private final long transactionBytes;
  private final FlushListener listener;
  private final Thread thread;

  private final WorkQueue waiting = new WorkQueue();

  /** Comes into the queue with the next commit that succeeds. Commit thread only. */
  private final List<Work> postponed = new ArrayList<>();

  /** What the transaction at hand holds. Commit thread only. */
  private final List<Work> taken = new ArrayList<>();

  /**
   * A commit failed and none has succeeded since: after a power loss the failed one may be there.
   * Written by the commit thread, read by who opens a log.
   */
  private volatile boolean inDoubt;

  /** How many of the next transactions take one work only. Commit thread only. */
  private int single;

  /** Written by the commit thread, read by who closes. */
  private volatile boolean hasCommitted;

  Commits(Environment environment, EnvironmentFiles files, Device device, EngineConfig config) {
    this.environment = environment;
    this.files = files;
    this.device = device;
    this.transactionBytes = config.transactionBytes();
    this.listener = config.listener();
    this.thread = Thread.ofPlatform().daemon().name("lmdb-commit").unstarted(this::run);
    thread.start();
  }

  /** Queues work. It is not in the queue already, and comes again only from its own methods. */
  void submit(Work work) {
    if (!waiting.add(work)) {
      work.failed(closed());
    }
  }

  /** Queues work when a commit has succeeded. Called by work that hears of a failure. */
  void submitLater(Work work) {
    postponed.add(work);
  }

  boolean isCommitThread() {
    return Thread.currentThread().equals(thread);
  }

  private void run() {
    try {
      for (Work first = waiting.next(); first != null; first = waiting.next()) {
        transact(first);
      }
    } catch (RuntimeException | Error e) {
      LOG.error("Nothing is written to {} any more", environment.file(), e);
    } finally {
      end();
    }
  }

  /** Nobody waits for a thread that is gone. */
  private void end() {
    waiting.close();
    taken.forEach(work -> tellFailed(work, closed()));
    for (Work work = waiting.poll(); work != null; work = waiting.poll()) {
      tellFailed(work, closed());
    }
  }

  private StorageException closed() {
    return new StorageException(environment.file() + " is closed");
  }

  private void transact(Work first) {
    taken.clear();
    taken.add(first);
    boolean alone = single > 0;
    single = alone ? single - 1 : 0;
    Attempt attempt = new Attempt(alone);
    try {
      environment.write(transactionBytes, attempt::run);
    } catch (LmdbException | StorageException e) {
      fail(attempt, LmdbFailures.ofWrite(environment.file(), e));
      return;
    } catch (RuntimeException | Error e) {
      fail(attempt, new StorageException("write " + environment.file(), e));
      return;
    }
    taken.forEach(this::tellCommitted);
    taken.clear();
    if (!inDoubt) {
      List<Work> again = List.copyOf(postponed);
      postponed.clear();
      // Where nothing is taken any more they fail, and may ask to come later once more.
      again.forEach(this::submit);
    }
  }

  /** One transaction. */
  private final class Attempt {

    /** Whose rows are being written: it, or what the others have written, is at fault. */
    private @Nullable Work culprit;

    private boolean committing;

    /** Whether no other work is taken. */
    private final boolean alone;

    private Attempt(boolean alone) {
      this.alone = alone;
    }

    private void run(Changes changes) {
      long started = System.nanoTime();
      for (Work work = taken.getFirst(); work != null; work = following(changes)) {
        culprit = work;
        work.apply(changes);
      }
      culprit = null;
      if (!changes.isEmpty()) {
        committing = true;
        device.committing();
        changes.commit();
        inDoubt = false;
        hasCommitted = true;
        files.committed(environment.file());
        tellListener(changes, System.nanoTime() - started);
      }
    }

    private @Nullable Work following(Changes changes) {
      Work next = alone || changes.isFull() ? null : waiting.poll();
      if (next != null) {
        taken.add(next);
      }
      return next;
    }
  }

  /** What is durable does not fail because whoever counts flushes does. */
  private void tellListener(Changes changes, long nanos) {
    try {
      listener.flushed(changes.entries(), changes.entryBytes(), nanos);
    } catch (RuntimeException | Error e) {
      LOG.warn("A flush of {} was not counted", environment.file(), e);
    }
  }

  /** The others of a transaction hear of it also when one of them fails at that. */
  private void tellCommitted(Work work) {
    try {
      work.committed();
    } catch (RuntimeException | Error e) {
      tellFailed(work, new StorageException("a commit to " + environment.file(), e));
    }
  }

  private void tellFailed(Work work, StorageException cause) {
    try {
      work.failed(cause);
    } catch (RuntimeException | Error e) {
      LOG.error("Of a failed write to {} was not told", environment.file(), e);
    }
  }

  private void fail(Attempt attempt, StorageException cause) {
    Work culprit = attempt.culprit;
    if (attempt.committing) {
      inDoubt = true;
      single = 0;
      reopen();
      taken.forEach(work -> tellFailed(work, cause));
    } else if (culprit == null || taken.size() == 1) {
      taken.forEach(work -> tellFailed(work, cause));
    } else if (isOfOneWork(cause)) {
      taken.remove(culprit);
      waiting.putBack(taken);
      tellFailed(culprit, cause);
    } else {
      single = taken.size();
      waiting.putBack(taken);
    }
    taken.clear();
  }

  /**
   * Damage and mistakes are of the work that meets them. Space, memory and the device may fail one
   * work for what others have written before it: each is tried alone then, once.
   */
  private static boolean isOfOneWork(StorageException cause) {
    boolean ofDevice =
        cause instanceof DiskFullException
            || cause.getCause() == null
            || cause.getCause() instanceof LmdbException
            || cause.getCause() instanceof Error;
    return cause instanceof CorruptLogException || !ofDevice;
  }

  private void reopen() {
    if (!isOpenAgain()) {
      return;
    }
    try {
      environment.write(transactionBytes, this::settle);
    } catch (RuntimeException | Error e) {
      LOG.warn("{} takes no commit yet after one that failed", environment.file(), e);
      // This was another: LMDB may begin nothing more, and readers wait for it to be opened.
      isOpenAgain();
    }
  }

  private boolean isOpenAgain() {
    try {
      environment.reopen();
      return true;
    } catch (RuntimeException | Error e) {
      LOG.error("{} cannot be opened again after a commit that failed", environment.file(), e);
      return false;
    }
  }

  private void settle(Changes changes) {
    Catalogue.touch(changes);
    device.committing();
    changes.commit();
    inDoubt = false;
    files.committed(environment.file());
  }

  /**
   * On return what the environment holds is what it holds after a power loss too. LMDB takes a
   * failed commit back in memory only: its page may have reached the disk, and stays the newest
   * there until the next commit is written over it. Reads need not care; whoever reports as durable
   * what no transaction of his own has made so calls this first.
   *
   * @throws StorageException if nothing can be committed
   */
  void settle() {
    if (inDoubt) {
      Task.run(this, Catalogue::touch);
    }
  }

  /** Whether anything was written since it began. */
  boolean hasCommitted() {
    return hasCommitted;
  }

  /** Does what waits, then ends. */
  @Override
  public void close() {
    waiting.close();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
