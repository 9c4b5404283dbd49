/**
 * Raft on a storage engine: replicated logs of records, whose Raft log <em>is</em> the stored log,
 * and replicated logs of commands for the node's metadata.
 *
 * <p>The only package tree that knows Apache Ratis. Callers hand over batches of records and get
 * them back at offsets; they see terms as leader epochs, and neither indexes nor Ratis types.
 *
 * <p>Priorities: an acknowledged record is never lost; one bad replica is one bad replica;
 * predictable latency; throughput. Not promised: reads from followers, and anything about records
 * above the high watermark.
 */
@NullMarked
package dev.flotilla.raft;

import org.jspecify.annotations.NullMarked;
