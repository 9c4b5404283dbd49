package dev.flotilla.raft;

import dev.flotilla.storage.EntryHeader;
import java.nio.ByteBuffer;
import java.util.UUID;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.StateMachineEntryProto;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.InvalidProtocolBufferException;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;

/**
 * How entries look to Ratis.
 *
 * <p>An entry of records travels as a state machine entry whose log data is the encoded {@link
 * EntryHeader} and whose state machine data is the payload; the client id {@link #RECORDS} tells it
 * from every other. All others (configurations, commands) travel as Ratis makes them, and are
 * stored with that encoding as their payload.
 */
final class EntryCodec {

  private static final ByteString RECORDS =
      ClientId.valueOf(new UUID(0x666c6f74696c6c61L, 0x7265636f72647321L)).toByteString();

  private EntryCodec() {}

  /** Whether the entry carries a header of ours. */
  static boolean carriesHeader(LogEntryProto entry) {
    return entry.hasStateMachineLogEntry()
        && RECORDS.equals(entry.getStateMachineLogEntry().getClientId());
  }

  /**
   * The header that a leader sent.
   *
   * @throws IllegalArgumentException if it is none
   */
  static EntryHeader header(LogEntryProto entry) {
    return EntryHeader.readFrom(
        entry.getStateMachineLogEntry().getLogData().asReadOnlyByteBuffer());
  }

  /** The payload that a leader sent; shares the message's memory. */
  static ByteBuffer payload(LogEntryProto entry) {
    return entry
        .getStateMachineLogEntry()
        .getStateMachineEntry()
        .getStateMachineData()
        .asReadOnlyByteBuffer();
  }

  /** An entry of records as it is sent to followers. The payload must not change any more. */
  static LogEntryProto withPayload(EntryHeader header, ByteBuffer payload) {
    ByteBuffer encoded = ByteBuffer.allocate(header.encodedBytes());
    header.writeTo(encoded);
    StateMachineLogEntryProto body =
        records(header)
            .setLogData(UnsafeByteOperations.unsafeWrap(encoded.flip()))
            .setStateMachineEntry(
                StateMachineEntryProto.newBuilder()
                    .setStateMachineData(UnsafeByteOperations.unsafeWrap(payload.duplicate())))
            .build();
    return of(header, body);
  }

  /** An entry of records as it is applied: nothing but its place. */
  static LogEntryProto placeOf(EntryHeader header) {
    return of(header, records(header).build());
  }

  /** The stored form of an entry without records. */
  static ByteBuffer encode(LogEntryProto entry) {
    return entry.toByteString().asReadOnlyByteBuffer();
  }

  /**
   * Reads {@link #encode}.
   *
   * @throws IllegalArgumentException if the bytes are no entry
   */
  static LogEntryProto decode(ByteBuffer payload) {
    try {
      return LogEntryProto.parseFrom(payload);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("not an entry of Raft", e);
    }
  }

  private static StateMachineLogEntryProto.Builder records(EntryHeader header) {
    return StateMachineLogEntryProto.newBuilder()
        .setType(StateMachineLogEntryProto.Type.WRITE)
        .setClientId(RECORDS)
        .setCallId(header.index());
  }

  private static LogEntryProto of(EntryHeader header, StateMachineLogEntryProto body) {
    return LogEntryProto.newBuilder()
        .setTerm(header.term())
        .setIndex(header.index())
        .setStateMachineLogEntry(body)
        .build();
  }
}
