package dev.flotilla.benchmarks.jmh;

import dev.flotilla.benchmarks.subject.Payloads;
import dev.flotilla.benchmarks.subject.SubjectLog;

/** Fills logs before they are measured. */
final class FilledLog {

  private static final int WRITE_BYTES = 256 << 10;
  private static final int WRITES_ON_THE_WAY = 8;

  private FilledLog() {}

  /** Appends so many payloads, in writes of some hundred KB, and waits for all of them. */
  static void fill(SubjectLog log, int payloadBytes, long count) {
    int perWrite = Math.clamp(WRITE_BYTES / payloadBytes, 1, Math.clamp(count, 1, 1000));
    Payloads payloads = new Payloads(payloadBytes, perWrite);
    Window window = new Window(Math.min(WRITES_ON_THE_WAY, payloads.unchanged() - 1));
    long left = count;
    for (; left >= perWrite; left -= perWrite) {
      window.add(log.append(payloads.next()));
    }
    if (left > 0) {
      window.add(log.append(payloads.next().subList(0, (int) left)));
    }
    window.drain();
  }
}
