/**
 * What is measured: storage engines by name, and what they are compared with. All keep the same
 * bytes, in the same directory, with the same promise of durability.
 *
 * <p>A baseline does the least that keeps the bytes and finds them again: no checksums of its own,
 * no Raft terms, no truncation, no recovery. What an engine costs more is the price of its
 * contract.
 */
@NullMarked
package dev.flotilla.benchmarks.subject;

import org.jspecify.annotations.NullMarked;
