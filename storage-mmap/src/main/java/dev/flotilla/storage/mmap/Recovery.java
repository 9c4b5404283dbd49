package dev.flotilla.storage.mmap;

import dev.flotilla.storage.CorruptLogException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Opens a log.
 *
 * <p>Read first, then write: until every check has passed nothing on the disk is changed, and a
 * recovery that is interrupted later is repeated by the next one. What is read does not grow with
 * the log: the manifest, the lookup rows of the last segment, its frames from the last row on, and
 * whatever lies above the durable mark.
 *
 * <p>The durable mark is the highest that the manifest, a row or a frame of the chain names. Above
 * it everything is verified, payloads too, and the first bad frame is a torn end. A bad frame at or
 * below the mark is damage. Whether a chain that ends in something else than zeros ends below a
 * mark is found out by searching the rest of the file for frames of this segment.
 *
 * <p>Used once, by one thread.
 */
final class Recovery {

  /** In place of an index to cut at. */
  static final long NO_CUT = Long.MAX_VALUE;

  private final LogDirectory directory;
  private final EngineConfig config;
  private final MappedSegments mapped;
  private final Manifest manifest;
  private final long cutAt;

  /** Sealed segments with entries above the durable mark, by rising index. None as a rule. */
  private final List<ScannedSegment> unsure = new ArrayList<>();

  /** Entries from here on go. */
  private long end;

  private long durableMark;

  private Recovery(
      LogDirectory directory,
      EngineConfig config,
      MappedSegments mapped,
      Manifest manifest,
      long cutAt) {
    this.directory = directory;
    this.config = config;
    this.mapped = mapped;
    this.manifest = manifest;
    this.cutAt = cutAt;
    this.end = cutAt;
    this.durableMark = Math.min(manifest.durableMark(), cutAt - 1);
  }

  /**
   * Opens a log and makes all it holds durable.
   *
   * @param cutAt entries from here on are removed unseen
   */
  static LogWriter open(
      LogDirectory directory, EngineConfig config, MappedSegments mapped, long cutAt)
      throws IOException {
    Manifest manifest = directory.read();
    long lowest = manifest.base().index() + 1;
    return new Recovery(directory, config, mapped, manifest, Math.max(cutAt, lowest)).run();
  }

  private LogWriter run() throws IOException {
    checkFiles();
    ScannedSegment active =
        ScannedSegment.active(directory, manifest.activeSegment().start(), config.preallocation());
    try {
      look(active);
      checkBase(Math.min(end, active.end().index()));
      return write(active, terms(active));
    } catch (IOException | RuntimeException e) {
      active.abandon(e);
      unsure.forEach(segment -> segment.abandon(e));
      throw e;
    }
  }

  private void checkFiles() throws IOException {
    Set<String> names = directory.names();
    for (Manifest.SegmentRecord segment : manifest.segments()) {
      SegmentStart start = segment.start();
      // Files are durable before a manifest names them, the one that is written to included.
      if (start.index() < cutAt && !names.contains(start.fileName())) {
        throw new CorruptLogException(
            "log %s: file %s is missing".formatted(directory.log(), start.fileName()),
            start.index());
      }
    }
  }

  private void checkBase(long endIndex) {
    long first = manifest.base().index() + 1;
    if (endIndex < first) {
      throw new CorruptLogException(
          "log %s: it begins with entry %d and ends before %d"
              .formatted(directory.log(), first, endIndex),
          first);
    }
  }

  private void look(ScannedSegment active) throws IOException {
    long activeStart = manifest.activeSegment().start().index();
    if (activeStart < cutAt) {
      // A row that is cut off says all the same what was durable below it.
      long mark = Math.max(active.followChain(cutAt), active.rowMark());
      durableMark = Math.max(durableMark, Math.min(mark, cutAt - 1));
    }
    lookAtSealed();
    if (activeStart >= end) {
      return;
    }
    if (active.end().index() < cutAt) {
      long claimed = Math.max(durableMark, active.markBehindEnd());
      if (Math.min(claimed, cutAt - 1) >= active.end().index()) {
        throw active.damaged(active.end());
      }
    }
    // A mark that is cut off says all the same what was durable below it.
    if (!active.verifyAbove(durableMark)
        && Math.min(active.markBehindEnd(), cutAt - 1) >= active.end().index()) {
      throw active.damaged(active.end());
    }
  }

  /** Verifies what sealed segments hold above the mark, where the log was cut off while rolling. */
  private void lookAtSealed() throws IOException {
    List<Manifest.SegmentRecord> records = manifest.segments();
    for (int i = 0; i < records.size() - 1; i++) {
      long endOfSegment = records.get(i + 1).start().index();
      long wanted = Math.min(endOfSegment, end);
      if (endOfSegment <= durableMark + 1 || records.get(i).start().index() >= end) {
        continue;
      }
      ScannedSegment segment = ScannedSegment.sealed(directory, records.get(i));
      unsure.add(segment);
      segment.followChain(wanted);
      if (segment.end().index() <= Math.min(durableMark, wanted - 1)) {
        throw segment.damaged(segment.end());
      }
      if (!segment.verifyAbove(durableMark) || segment.end().index() < wanted) {
        end = segment.end().index();
      }
    }
  }

  private TermStarts terms(ScannedSegment active) throws IOException {
    TermStarts terms = new TermStarts(manifest.termStarts());
    active.addTerms(terms, manifest.base());
    return terms;
  }

  private LogWriter write(ScannedSegment active, TermStarts terms) throws IOException {
    boolean cut = active.end().index() >= end;
    for (ScannedSegment segment : unsure) {
      segment.makeDurable();
      segment.close();
    }
    if (!cut) {
      active.clearBehindEnd();
    }
    active.makeDurable();
    directory.removeGarbage(manifest);
    LogWriter writer =
        new LogWriter(
            directory,
            config,
            mapped,
            manifest,
            sealed(),
            active.activate(mapped),
            terms,
            active.end().index() - 1);
    try {
      if (cut) {
        writer.truncate(end);
        writer.release();
      }
      writer.mark();
      return writer;
    } catch (IOException | RuntimeException e) {
      // The segment that a cut begins has a file of its own.
      abandon(writer, e);
      throw e;
    }
  }

  private static void abandon(LogWriter writer, Exception cause) {
    try {
      writer.abandon();
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
    writer.retireAll();
  }

  private List<SealedSegment> sealed() {
    List<Manifest.SegmentRecord> records = manifest.segments();
    return records.subList(0, records.size() - 1).stream()
        .map(stored -> new SealedSegment(stored, Segment.sealed(directory, stored, mapped)))
        .toList();
  }
}
