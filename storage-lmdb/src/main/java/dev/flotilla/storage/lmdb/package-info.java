/**
 * The engine {@code lmdb}: one LMDB environment for all logs of a directory, and one thread that
 * writes to it.
 *
 * <p>Priorities, in this order: what was reported durable is there after any crash; no wrong byte
 * is lent; a log opens in time that does not grow with it; speed.
 *
 * <p><b>What is where.</b> {@link dev.flotilla.storage.lmdb.Keys} draws the rows, {@link
 * dev.flotilla.storage.lmdb.EnvironmentFiles} the files. An entry is a head, its header with it
 * ({@link dev.flotilla.storage.lmdb.HeaderRow}), and its payload. The payloads of a log lie one
 * behind the other in blocks of one page ({@link dev.flotilla.storage.lmdb.PayloadStream}): small
 * ones share pages, and every page that was freed fits whatever is written next. The head says
 * where in this stream the payload begins. {@link dev.flotilla.storage.lmdb.LogRecord} says where a
 * log begins and ends, in entries and in the stream.
 *
 * <p><b>What LMDB makes simple.</b> A transaction is there whole or not at all, and it holds the
 * entries together with the record that counts them. So there is no torn tail, no mark that lags
 * behind, and nothing to repair when a log is opened: its end is exact, and an entry that is
 * missing or bad below it is damage. A log that failed is opened again, cut or not, by reading its
 * record.
 *
 * <p><b>One entry's way.</b> {@code LogQueue} takes it; {@code Commits} gives it, with all that
 * waits of other logs, to one transaction ({@code Changes}), where {@code LogWriter} puts its rows
 * and the new record; when the commit returns, {@code LogQueue} publishes a new {@code LogView}. A
 * reader goes from the view to a {@code Snapshot}, a read transaction that ends with the call;
 * {@code EntryReader} verifies, {@code LogReader} copies into a buffer of {@code BufferPool}, which
 * the slice gives back.
 *
 * <p><b>Removing is bounded.</b> A truncation, a dropped prefix, a reset and a deletion move a
 * record or remove it, at once; the rows that nobody sees any more go with the transactions that
 * follow, after what others wait for: some hundred pages, and as much as a transaction writes. A
 * crash in between costs nothing: the record, or a row that names the deleted log, says what is
 * left to do. Freed pages are used again; the file does not shrink.
 *
 * <p><b>Compaction.</b> A payload that is rewritten gets rows of its own; its head keeps where it
 * was in the stream, so that positions do not fall with the index and every cut of the log is one
 * of the stream. A block goes when all entries in it were rewritten ({@link
 * dev.flotilla.storage.lmdb.UnusedBlocks}).
 *
 * <p><b>Checksums.</b> Each value is verified with its key and its log's id before it is used;
 * LMDB's own pages have none, and LMDB trusts them. {@link
 * dev.flotilla.storage.lmdb.EnvironmentCheck} looks at the meta pages before each opening, and at
 * all pages where the file is not larger than {@code storage.lmdb.check.max.bytes}. A damaged page
 * of a larger one may have LMDB end the process; {@link dev.flotilla.storage.lmdb.OpenMark} tells
 * of that, and the next opening has all pages checked in a process of its own ({@link
 * dev.flotilla.storage.lmdb.CheckingProcess}), which takes 0.5 to 5 seconds for each GiB. A damaged
 * environment is set aside; its logs are listed, and damaged each.
 *
 * <p><b>Failures.</b> {@code LmdbFailures} is the table of what they become. What one log cannot
 * write fails that log. After a commit that failed the environment is closed and opened again
 * before the next one, for which reads wait; the logs in it take no more writes until they are
 * opened again, and none is opened before a commit has succeeded.
 *
 * <p>{@code storage.flush=unsafe-os} changes nothing: a commit that is not synced would risk the
 * whole environment, and to report a write before its commit would lose it when the process dies.
 *
 * <p>The map is reserved ({@code storage.lmdb.map.bytes}, address space only) and never grown while
 * it is in use.
 *
 * <p>Not promised: that a flipped bit in a tree page of a large environment does not end the
 * process, once, or three times where the JVM comes to no report; that a log which was deleted just
 * before damage is not listed again; that a store which was opened again still shows what the new
 * one drops or compacts.
 */
@NullMarked
package dev.flotilla.storage.lmdb;

import org.jspecify.annotations.NullMarked;
