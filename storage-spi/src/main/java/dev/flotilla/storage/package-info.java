/**
 * The contract of a storage engine: what keeps the entries of replicated logs on a disk.
 *
 * <p>An engine is found by name through {@link java.util.ServiceLoader} ({@link
 * dev.flotilla.storage.StorageEngineFactory}), opened once per data directory ({@link
 * dev.flotilla.storage.StorageEngine}) and keeps many logs ({@link dev.flotilla.storage.LogStore}),
 * one for each replica. It knows bytes, indexes and offsets, and nothing of Kafka or Raft's rules.
 *
 * <p>Priorities, in this order: an entry that was reported durable survives kill -9 and power loss
 * at any instant; no wrong byte is returned; an engine opens again without help; speed. Not
 * promised: protection against two processes in one directory (the owner of the directory locks
 * it), and the vote, checkpoint and configuration of a replica, which are files of raft-log.
 *
 * <p><b>Words.</b> An <em>index</em> counts entries from 0, an <em>offset</em> counts records from
 * 0, a <em>term</em> is Raft's. Names ending in {@code end} or {@code To} are exclusive. Every byte
 * order is big-endian.
 *
 * <p>The contract is enforced by the test kit in this module's test-jar, package {@code
 * dev.flotilla.storage.testkit}: an engine passes by extending it with one factory method. {@code
 * docs/storage-engine.md} leads through an engine from its first class to a topic.
 */
@NullMarked
package dev.flotilla.storage;

import org.jspecify.annotations.NullMarked;
