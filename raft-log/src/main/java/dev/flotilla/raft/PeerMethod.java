package dev.flotilla.raft;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor.MethodType;

/** What a node asks of another one on its Raft port, beside what Ratis does: bytes for bytes. */
final class PeerMethod {

  static final String SERVICE = "flotilla.Peers";

  /** What is built on raft-log asks. */
  static final PeerMethod CALL = new PeerMethod("Call");

  /** The checkpoint with which a replica of a group may begin. */
  static final PeerMethod CHECKPOINT = new PeerMethod("Checkpoint");

  /** Whether it is there. */
  static final PeerMethod PING = new PeerMethod("Ping");

  private final MethodDescriptor<byte[], byte[]> descriptor;

  private PeerMethod(String name) {
    Bytes bytes = new Bytes();
    this.descriptor =
        MethodDescriptor.newBuilder(bytes, bytes)
            .setType(MethodType.UNARY)
            .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
            .build();
  }

  MethodDescriptor<byte[], byte[]> descriptor() {
    return descriptor;
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {

    @Override
    public InputStream stream(byte[] message) {
      return new ByteArrayInputStream(message);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
