package dev.flotilla.server.testing;

import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.network.Send;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.ResponseHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;

/** Requests and responses as they come out of their encoded form. */
public final class Wire {

  private Wire() {}

  /** A request and the frame that its records are slices of. */
  public record Framed(Request request, ByteBuffer frame) {

    /** What the network does once the answer is there: others write to the memory. */
    public void giveBack() {
      for (int i = 0; i < frame.capacity(); i++) {
        frame.put(i, (byte) 0x77);
      }
    }
  }

  /** A request, encoded in its version and parsed again. */
  public static Request request(AbstractRequest body, String clientId) {
    return framed(body, clientId).request();
  }

  /** As {@link #request}, with the frame. */
  public static Framed framed(AbstractRequest body, String clientId) {
    RequestHeader header = new RequestHeader(body.apiKey(), body.version(), clientId, 7);
    ByteBuffer encoded = body.serializeWithHeader(header);
    RequestHeader.parse(encoded);
    RequestContext context =
        new RequestContext(
            header,
            "connection",
            InetAddress.getLoopbackAddress(),
            KafkaPrincipal.ANONYMOUS,
            new ListenerName("CLIENTS"),
            SecurityProtocol.PLAINTEXT,
            ClientInformation.EMPTY,
            false);
    Request request = new Request(context, context.parseRequest(encoded).request);
    return new Framed(request, encoded);
  }

  /**
   * Sends an answer into memory as the network does, closes what it was lent, and parses what a
   * client would get.
   */
  public static AbstractResponse response(Request request, Answer answer) {
    if (!(answer instanceof Answer.Response(AbstractResponse body, var lent))) {
      throw new AssertionError("no response but " + answer);
    }
    RequestHeader header = request.context().header;
    Send send = request.context().buildResponseSend(body);
    Memory memory = new Memory();
    try {
      while (!send.completed()) {
        send.writeTo(memory);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    lent.forEach(Answer.Lent::close);
    ByteBuffer received = ByteBuffer.wrap(memory.bytes.toByteArray());
    received.getInt();
    ResponseHeader.parse(received, header.toResponseHeader().headerVersion());
    return AbstractResponse.parseResponse(
        header.apiKey(), new ByteBufferAccessor(received), header.apiVersion());
  }

  private static final class Memory extends AlwaysWritableChannel {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public int write(ByteBuffer source) {
      byte[] taken = new byte[source.remaining()];
      source.get(taken);
      bytes.writeBytes(taken);
      return taken.length;
    }
  }
}
