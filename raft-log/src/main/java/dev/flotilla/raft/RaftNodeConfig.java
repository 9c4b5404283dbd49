package dev.flotilla.raft;

import dev.flotilla.storage.FlushMode;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;

/**
 * What one Raft server of a node is started with.
 *
 * @param self this node as the voters of its groups name it; port 0 takes a free one
 * @param directory its directory: {@code replicas/GROUP/} with the files of each replica, {@code
 *     engines/NAME/} with each storage engine, {@code scratch/} for Ratis, emptied at start
 * @param defaultEngine the engine that replicas are in unless another is asked for
 * @param flushMode when an entry counts as durable
 * @param engineSettings settings of engines, by engine name
 * @param segmentBytes handed to engines
 * @param maxEntryBytes the largest entry; never lowered while data exists
 * @param queueBytes how many bytes may wait for an append in all logs together
 * @param electionTimeoutMin a follower campaigns after a random time between this
 * @param electionTimeoutMax and this without word from the leader
 * @param clock the clock of append times
 */
public record RaftNodeConfig(
    Voter self,
    Path directory,
    String defaultEngine,
    FlushMode flushMode,
    Map<String, Map<String, String>> engineSettings,
    long segmentBytes,
    int maxEntryBytes,
    long queueBytes,
    Duration electionTimeoutMin,
    Duration electionTimeoutMax,
    Clock clock) {}
