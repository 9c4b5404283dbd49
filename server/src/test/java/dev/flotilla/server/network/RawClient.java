package dev.flotilla.server.network;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.ResponseHeader;

/** A client that sends whatever bytes a test wants, with blocking reads that end after a while. */
public final class RawClient implements AutoCloseable {

  private static final int READ_TIMEOUT_MS = 40_000;

  private final Socket socket;
  private int correlation;

  public RawClient(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(READ_TIMEOUT_MS);
    socket.setTcpNoDelay(true);
  }

  /** Sends a request and returns its correlation id. */
  public int send(AbstractRequest request) throws IOException {
    return send(request, request.apiKey().latestVersion(false));
  }

  /** Sends a request under a header of some version, which need not be its own. */
  public int send(AbstractRequest request, short headerVersionOf) throws IOException {
    var header = new RequestHeader(request.apiKey(), headerVersionOf, "raw", ++correlation);
    write(frame(request.serializeWithHeader(header)));
    return correlation;
  }

  public void write(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
  }

  /** Announces a frame and sends nothing of it. */
  void announce(int frameBytes) throws IOException {
    write(ByteBuffer.allocate(4).putInt(frameBytes).array());
  }

  public static byte[] frame(ByteBuffer content) {
    var frame = new byte[4 + content.remaining()];
    ByteBuffer.wrap(frame).putInt(content.remaining()).put(content);
    return frame;
  }

  /** The next response, which must be one to this request. */
  public AbstractResponse receive(ApiKeys api, int expectedCorrelation) throws IOException {
    return receive(api, api.latestVersion(false), expectedCorrelation);
  }

  /** As {@link #receive(ApiKeys, int)}, in an older version. */
  public AbstractResponse receive(ApiKeys api, short version, int expectedCorrelation)
      throws IOException {
    var content = receiveFrame();
    var header = ResponseHeader.parse(content, api.responseHeaderVersion(version));
    if (header.correlationId() != expectedCorrelation) {
      throw new AssertionError(
          "expected an answer to %d, got one to %d"
              .formatted(expectedCorrelation, header.correlationId()));
    }
    return AbstractResponse.parseResponse(api, new ByteBufferAccessor(content), version);
  }

  public ByteBuffer receiveFrame() throws IOException {
    var in = new DataInputStream(socket.getInputStream());
    var content = new byte[in.readInt()];
    in.readFully(content);
    return ByteBuffer.wrap(content);
  }

  /** Whether the server closes the connection without another byte. */
  boolean isClosedByServer() throws IOException {
    try {
      new DataInputStream(socket.getInputStream()).readByte();
      return false;
    } catch (EOFException | SocketException e) {
      return true;
    }
  }

  /** Whether something to read has arrived. */
  public boolean hasResponse() throws IOException {
    return socket.getInputStream().available() > 0;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  /** Ends the connection with a reset, so that writes of the server fail. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }
}
