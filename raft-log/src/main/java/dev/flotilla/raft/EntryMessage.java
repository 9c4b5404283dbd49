package dev.flotilla.raft;

import org.apache.ratis.protocol.Message;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;

/** Carries an entry through Ratis' request path within this process, without encoding it. */
record EntryMessage(BuiltEntry entry) implements Message {

  @Override
  public ByteString getContent() {
    return ByteString.EMPTY;
  }
}
