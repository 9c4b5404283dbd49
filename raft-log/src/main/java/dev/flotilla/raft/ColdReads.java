package dev.flotilla.raft;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.Slice;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.server.raftlog.RaftLog.EntryWithData;
import org.apache.ratis.util.TimeDuration;

/**
 * Reads entries that are no longer in memory, for followers that are behind: all logs of a node
 * share a few platform threads (a page fault would block a carrier of virtual ones) and a budget of
 * bytes.
 *
 * <p>Ratis' appenders call. One that meets any exception but {@link TimeoutException} dies, and its
 * follower is never counted again; so no other leaves here. A damaged entry is reported to the
 * log's host, and the appender tries again until the replica is closed.
 */
final class ColdReads implements AutoCloseable {

  private static final int THREADS = 2;

  /** How many reads wait for a thread; a disk that hangs must not collect more and more of them. */
  private static final int MAX_WAITING = 1024;

  private final ColdReadBudget budget;
  private final int maxEntryBytes;
  private final ExecutorService threads;

  ColdReads(ColdReadBudget budget, int maxEntryBytes, String node) {
    this.budget = budget;
    this.maxEntryBytes = maxEntryBytes;
    ThreadFactory factory = Thread.ofPlatform().daemon().name(node + "-cold-read-", 0).factory();
    this.threads =
        new ThreadPoolExecutor(
            THREADS, THREADS, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MAX_WAITING), factory);
  }

  /** An entry to be sent; whatever is wrong with it shows when it is asked for. */
  EntryWithData entry(LogStore store, long index, LogHost host) {
    try {
      EntryHeader header = store.header(index);
      // Those without records are small; their size shows only in the payload.
      int bytes =
          header.kind() == EntryKind.RAFT_ONLY
              ? RatisSettings.ENTRY_OVERHEAD_BYTES
              : header.encodedBytes() + header.batchBytes();
      return new Cold(store, header, bytes, host);
    } catch (RuntimeException e) {
      report(host, index, e);
      return new Missing(index, maxEntryBytes);
    }
  }

  /** The follower that the calling thread sends to has all up to an entry. */
  void answered(long index) {
    budget.answered(Thread.currentThread(), index);
  }

  /** The calling thread sends no more. */
  void ended() {
    budget.ended(Thread.currentThread());
  }

  /** An entry that cannot be had now; it fills a request, so that nothing is read behind it. */
  private record Missing(long index, int getSerializedSize) implements EntryWithData {

    @Override
    public LogEntryProto getEntry(TimeDuration timeout) throws TimeoutException {
      throw new TimeoutException("entry " + index + " cannot be read");
    }
  }

  private final class Cold implements EntryWithData {

    private final LogStore store;
    private final EntryHeader header;
    private final int bytes;
    private final LogHost host;

    Cold(LogStore store, EntryHeader header, int bytes, LogHost host) {
      this.store = store;
      this.header = header;
      this.bytes = bytes;
      this.host = host;
    }

    @Override
    public int getSerializedSize() {
      return bytes;
    }

    @Override
    public LogEntryProto getEntry(TimeDuration timeout) throws TimeoutException {
      if (!budget.tryAcquire(Thread.currentThread(), header.index(), bytes)) {
        throw new TimeoutException("entry " + header.index() + " waits for memory");
      }
      boolean done = false;
      try {
        LogEntryProto entry = await(submit(), timeout);
        done = true;
        return entry;
      } finally {
        if (!done) {
          // It is asked for again, and would be counted each time.
          budget.returned(Thread.currentThread());
        }
      }
    }

    private Future<LogEntryProto> submit() throws TimeoutException {
      try {
        return threads.submit(this::read);
      } catch (RejectedExecutionException e) {
        throw new TimeoutException("too many reads wait, or the node is closing");
      }
    }

    private LogEntryProto await(Future<LogEntryProto> read, TimeDuration timeout)
        throws TimeoutException {
      try {
        return read.get(timeout.toLong(TimeUnit.MILLISECONDS), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        // Nobody waits for it. Not interrupted: that would close the file it reads.
        read.cancel(false);
        throw e;
      } catch (InterruptedException e) {
        read.cancel(false);
        Thread.currentThread().interrupt();
        throw new TimeoutException("interrupted");
      } catch (ExecutionException | CancellationException e) {
        report(host, header.index(), e.getCause() == null ? e : e.getCause());
        throw new TimeoutException("entry " + header.index() + ": " + e.getMessage());
      }
    }

    private LogEntryProto read() {
      try (Slice slice = store.payload(header.index())) {
        ByteBuffer copy = ByteBuffer.allocate(slice.bytes());
        slice.buffers().forEach(part -> copy.put(part.duplicate()));
        copy.flip();
        return header.kind() == EntryKind.RAFT_ONLY
            ? EntryCodec.decode(copy)
            : EntryCodec.withPayload(header, copy);
      }
    }

    @Override
    public String toString() {
      return "entry " + header.index() + " of " + store.id();
    }
  }

  /** An entry that was trimmed meanwhile is no damage. */
  private static void report(LogHost host, long index, Throwable cause) {
    if (cause instanceof CorruptLogException || cause instanceof IllegalArgumentException) {
      host.damaged("entry " + index + " cannot be read: " + cause.getMessage(), cause);
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
