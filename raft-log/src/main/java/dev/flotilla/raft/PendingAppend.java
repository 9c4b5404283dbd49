package dev.flotilla.raft;

import java.util.concurrent.CompletableFuture;

/**
 * A batch that was taken into a log's queue.
 *
 * @param expectedBaseOffset its base offset, if all that was queued before it is appended and
 *     neither it nor any of that is a duplicate or refused: exact for the only writer of a log that
 *     sends no duplicates
 * @param future completes when the batch is committed and applied; fails with a {@link
 *     ReplicatedLogException}. Completes on a thread of Raft that must not be blocked
 */
public record PendingAppend(long expectedBaseOffset, CompletableFuture<Appended> future) {}
