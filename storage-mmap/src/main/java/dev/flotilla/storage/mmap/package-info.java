/**
 * The engine {@code mmap}: segment files, written by {@code pwrite} and {@code fdatasync}, read
 * through memory maps.
 *
 * <p>Priorities, in this order: what was reported durable is there after any crash; no wrong byte
 * is lent; a log opens in time that does not grow with it; speed.
 *
 * <p>A log is a directory: a {@link dev.flotilla.storage.mmap.Manifest} that names the segment
 * files and says where each begins, segment files of frames ({@link
 * dev.flotilla.storage.mmap.FrameFormat}), and lookup files that can be lost ({@link
 * dev.flotilla.storage.mmap.Lookup}). Segment files have no header: all that one would say stands
 * in the manifest, and is mixed into every checksum of the file. Nothing is ever overwritten but
 * the zeros behind the last frame, and the mark that stands there when a log rests.
 *
 * <p>One entry's way: {@code LogQueue} takes it, a thread of {@code Flushers} gives it to {@code
 * LogWriter}, which appends it to {@code ActiveSegment} and syncs; then {@code LogQueue} publishes
 * a new {@code LogView}. Readers go from the view to a {@code Segment}, its {@code Mapping}, and
 * walk over frames with {@code FrameCursor}. {@code Recovery} opens a log.
 *
 * <p>An idle log costs one open file (its last segment), three files on the disk (manifest,
 * segment, and lookup rows once it holds some), and 72 KB of them when it is empty. It has no
 * thread and no buffer; its last segment stays mapped when it was read.
 *
 * <p>A payload that is lent takes about 0.6 KB of heap when entries are read in order. Batches take
 * 1.2 KB, 0.27 KB for each entry behind the first, and 0.2 KB for each frame that is passed between
 * a lookup row and the offset; the bytes themselves none.
 *
 * <p>Not promised: protection against two processes in one directory; a read that survives a device
 * which loses a page between two touches of it may fail as {@code StorageException} instead of
 * being repeated.
 */
@NullMarked
package dev.flotilla.storage.mmap;

import org.jspecify.annotations.NullMarked;
