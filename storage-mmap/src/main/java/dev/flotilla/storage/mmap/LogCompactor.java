package dev.flotilla.storage.mmap;

import dev.flotilla.storage.EntryCompactor;
import dev.flotilla.storage.StorageException;
import java.io.IOException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;

/**
 * Rewrites the sealed segments of one log beside its writer, one after the other, on the thread
 * that asks for it.
 */
final class LogCompactor {

  private final LogDirectory directory;
  private final LogWriter writer;
  private final LogQueue queue;

  /**
   * Held by the compaction that runs. Who closes the log waits for it: numbers of segment files are
   * given out again when the log is opened the next time, and no two may write to one file.
   */
  private final Semaphore running = new Semaphore(1);

  LogCompactor(LogDirectory directory, LogWriter writer, LogQueue queue) {
    this.directory = directory;
    this.writer = writer;
    this.queue = queue;
  }

  /** As {@code LogStore.compact}. Another one waits until this has ended. */
  void compact(long fromIndex, long toIndex, EntryCompactor compactor) {
    running.acquireUninterruptibly();
    try {
      LogView seen = queue.view();
      for (int place = 0; place < seen.segments().size(); place++) {
        Segment segment = seen.segments().get(place);
        long end = seen.endOfSegment(place);
        if (segment.stored() != null && segment.start().index() < toIndex && end > fromIndex) {
          compact(segment, end, fromIndex, toIndex, compactor);
        }
      }
    } finally {
      running.release();
    }
  }

  private void compact(
      Segment segment, long end, long fromIndex, long toIndex, EntryCompactor compactor) {
    EntryCompactor whileOpen =
        (header, payload) -> {
          queue.checkTaking();
          return compactor.compact(header, payload);
        };
    try {
      queue.checkTaking();
      ActiveSegment target = writer.rewriteTarget(segment.start());
      Manifest.SegmentRecord rewritten =
          Compaction.rewrite(segment, target, end, fromIndex, toIndex, whileOpen);
      queue.replace(segment, rewritten).join();
    } catch (RetiredSegmentException cutOrDropped) {
      queue.checkOpen();
    } catch (CompletionException e) {
      throw new StorageException("compact " + directory.describe(), LogQueue.causeOf(e));
    } catch (IOException e) {
      throw IoFailures.translate("compact " + directory.describe(), e);
    }
  }

  /** Waits for a compaction that runs to end. The queue takes no operations: it ends soon. */
  void awaitEnd() {
    running.acquireUninterruptibly();
    running.release();
  }
}
