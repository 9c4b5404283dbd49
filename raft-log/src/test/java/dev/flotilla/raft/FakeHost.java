package dev.flotilla.raft;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.ratis.server.RaftConfiguration;

/** A group without Ratis: says what it is told and remembers what it hears. */
final class FakeHost implements LogHost {

  final Object monitor = new Object();
  final List<String> events = Collections.synchronizedList(new ArrayList<>());
  volatile long term = 1;
  volatile long followersHaveUpTo = Long.MAX_VALUE;
  volatile boolean trusted = true;

  @Override
  public Object monitor() {
    return monitor;
  }

  @Override
  public long currentTerm() {
    return term;
  }

  @Override
  public void flushed() {
    events.add("flushed");
  }

  @Override
  public long followersHaveUpTo() {
    return followersHaveUpTo;
  }

  @Override
  public void checkVoters(RaftConfiguration next) {
    events.add("voters " + next.getCurrentPeers().size());
  }

  @Override
  public void termChanged(long newTerm) {
    events.add("term " + newTerm);
  }

  @Override
  public void writeFailed(Throwable cause) {
    events.add("failed");
  }

  @Override
  public void closeAfterFailure(Throwable cause) {
    events.add("close");
  }

  @Override
  public void logClosed() {
    events.add("closed");
  }

  @Override
  public void unreadable(long index, RuntimeException cause) {
    events.add("unreadable " + index);
  }

  @Override
  public void damaged(String reason, Throwable cause) {
    trusted = false;
    events.add("damaged");
  }

  @Override
  public boolean trusted() {
    return trusted;
  }
}
