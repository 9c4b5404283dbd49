package dev.flotilla.benchmarks.subject;

/**
 * Keeps logs below one directory: an engine, or a baseline that engines are compared with. Opened
 * empty by {@link Subjects#open}; whoever opens it removes the directory afterwards.
 *
 * <p>Example: {@code Subjects.open("mmap", context)} is the engine {@code mmap} of the class path,
 * {@code Subjects.open("rocksdb", context)} a baseline.
 */
public interface Subject extends AutoCloseable {

  /** Creates an empty log. Called by one thread at a time. */
  SubjectLog newLog();

  /** Closes all logs; no call is in progress. */
  @Override
  void close();
}
