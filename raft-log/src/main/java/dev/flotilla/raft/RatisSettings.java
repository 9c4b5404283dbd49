package dev.flotilla.raft;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/** The settings of a Ratis server that differ from Ratis' defaults, and why. */
final class RatisSettings {

  /** What an entry takes around its payload in Ratis' encoding, at most. */
  static final int ENTRY_OVERHEAD_BYTES = 64 << 10;

  /** AppendEntries on the way to one follower of one group. Bounds what catching up holds. */
  static final int OUTSTANDING_APPENDS = 4;

  private RatisSettings() {}

  static RaftProperties of(RaftNodeConfig config, Path scratch) {
    RaftProperties properties = new RaftProperties();
    RaftConfigKeys.Rpc.setType(properties, new Appenders.Type());
    RaftServerConfigKeys.setStorageDir(properties, List.of(scratch.toFile()));
    timeouts(properties, config);
    log(properties, config);
    threads(properties);
    network(properties, config);
    return properties;
  }

  private static void timeouts(RaftProperties properties, RaftNodeConfig config) {
    TimeDuration min = duration(config.electionTimeoutMin());
    TimeDuration max = duration(config.electionTimeoutMax());
    RaftServerConfigKeys.Rpc.setTimeoutMin(properties, min);
    RaftServerConfigKeys.Rpc.setTimeoutMax(properties, max);
    RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(properties, min);
    RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(properties, max);
    // A leader that lost its majority campaigns again as soon as others would.
    RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(properties, max);
    RaftServerConfigKeys.LeaderElection.setPreVote(properties, true);
    // Only a pause that no operator would wait out closes the whole server.
    RaftServerConfigKeys.setCloseThreshold(properties, duration(Duration.ofMinutes(5)));
  }

  private static void log(RaftProperties properties, RaftNodeConfig config) {
    SizeInBytes entry = SizeInBytes.valueOf((long) config.maxEntryBytes() + ENTRY_OVERHEAD_BYTES);
    RaftServerConfigKeys.Log.Appender.setBufferByteLimit(properties, entry);
    RaftServerConfigKeys.Log.Appender.setWaitTimeMin(properties, TimeDuration.ZERO);
    RaftServerConfigKeys.Log.Appender.setInstallSnapshotEnabled(properties, false);
    RaftServerConfigKeys.Log.Appender.setRetryPolicy(properties, retries(config));
    // Safety: with it AppendEntries are appended on another thread than the one that checked them.
    RaftServerConfigKeys.Log.setAppendEntriesComposeEnabled(properties, false);
    // An entry of its own for each rise of the commit index; the leader tells it anyway.
    RaftServerConfigKeys.Log.setLogMetadataEnabled(properties, false);
    // Checkpoints are ours.
    RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(properties, false);
    // Each request has its own call id; nothing is retried through Ratis.
    RaftServerConfigKeys.RetryCache.setExpiryTime(properties, TimeDuration.ZERO);
    SizeInBytes pending = SizeInBytes.valueOf(Math.max(16L << 20, 4 * entry.getSize()));
    RaftServerConfigKeys.Write.setByteLimit(properties, pending);
  }

  /**
   * When a follower that does not answer is tried again: a few times at once, then as often as one
   * that answers gets heartbeats. Ratis would soon wait five seconds, for each group that a node
   * has which came back, and after a thousand times not at all.
   */
  private static String retries(RaftNodeConfig config) {
    return "1ms, 5, %dms, %d"
        .formatted(Math.max(1, config.electionTimeoutMin().toMillis() / 2), Integer.MAX_VALUE);
  }

  private static void threads(RaftProperties properties) {
    RaftServerConfigKeys.ThreadPool.setServerCached(properties, true);
    RaftServerConfigKeys.ThreadPool.setServerSize(properties, 1);
    RaftServerConfigKeys.ThreadPool.setClientCached(properties, true);
    RaftServerConfigKeys.ThreadPool.setClientSize(properties, 1);
    RaftServerConfigKeys.ThreadPool.setProxyCached(properties, false);
    RaftServerConfigKeys.ThreadPool.setProxySize(properties, 16);
  }

  private static void network(RaftProperties properties, RaftNodeConfig config) {
    GrpcConfigKeys.Server.setHost(properties, config.self().host());
    GrpcConfigKeys.Server.setPort(properties, config.self().port());
    GrpcConfigKeys.Server.setLeaderOutstandingAppendsMax(properties, OUTSTANDING_APPENDS);
    GrpcConfigKeys.Server.setAsyncRequestThreadPoolSize(properties, 4);
    GrpcConfigKeys.setMessageSizeMax(properties, SizeInBytes.valueOf(messageBytes(config)));
    GrpcConfigKeys.setFlowControlWindow(properties, SizeInBytes.valueOf(8L << 20));
  }

  /** The largest message between nodes. */
  static int messageBytes(RaftNodeConfig config) {
    long message = Math.max(64L << 20, config.maxEntryBytes() + (2L << 20));
    return Math.toIntExact(Math.min(message, Integer.MAX_VALUE));
  }

  private static TimeDuration duration(Duration duration) {
    return TimeDuration.valueOf(duration.toMillis(), TimeUnit.MILLISECONDS);
  }
}
