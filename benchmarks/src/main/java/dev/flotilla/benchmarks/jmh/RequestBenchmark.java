package dev.flotilla.benchmarks.jmh;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.server.network.Listener;
import dev.flotilla.server.network.ListeningSockets;
import dev.flotilla.server.network.NetworkConfig;
import dev.flotilla.server.network.NetworkServer;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.utils.Time;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A Produce request on its way to a partition and back, without the partition. */
@State(Scope.Benchmark)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class RequestBenchmark {

  @Param({"1024", "65536"})
  public int payloadBytes;

  private final ProduceCodec codec = new ProduceCodec();
  private ByteBuffer frame;
  private NetworkServer server;
  private Socket client;
  private DataInputStream answers;
  private byte[] sent;
  private byte[] received;

  /** For JMH. */
  public RequestBenchmark() {}

  @Initializer
  @Setup(Level.Trial)
  public void open() throws IOException {
    frame = ProduceCodec.frame(payloadBytes);
    sent =
        ByteBuffer.allocate(Integer.BYTES + frame.remaining())
            .putInt(frame.remaining())
            .put(frame.duplicate())
            .array();
    received = new byte[1024];
    NetworkConfig config = NetworkConfig.defaults();
    ListeningSockets sockets =
        ListeningSockets.bind(List.of(Listener.plaintext("127.0.0.1", 0)), config);
    server =
        NetworkServer.start(
            sockets,
            List.of(new AnsweringHandler(codec)),
            version -> new ApiVersionsResponse(new ApiVersionsResponseData()),
            config,
            new MetricRegistry(),
            Time.SYSTEM);
    client = new Socket(InetAddress.getLoopbackAddress(), sockets.port("PLAINTEXT"));
    client.setTcpNoDelay(true);
    answers = new DataInputStream(client.getInputStream());
  }

  /** Parses a frame, checks its records, and builds the bytes of the answer. */
  @Benchmark
  @BenchmarkMode(Mode.AverageTime)
  public int codec() throws IOException {
    return codec.answer(frame.duplicate());
  }

  /** The same over a connection: loop, dispatcher, handler, loop. */
  @Benchmark
  @BenchmarkMode(Mode.SampleTime)
  public int dispatched() throws IOException {
    client.getOutputStream().write(sent);
    int length = answers.readInt();
    answers.readFully(received, 0, length);
    return length;
  }

  @TearDown(Level.Trial)
  public void close() throws IOException {
    client.close();
    server.close();
  }
}
