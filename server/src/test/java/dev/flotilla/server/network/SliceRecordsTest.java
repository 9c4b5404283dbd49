package dev.flotilla.server.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.network.NetworkSend;
import org.apache.kafka.common.network.PlaintextTransportLayer;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.ResponseHeader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class SliceRecordsTest {

  private static final short VERSION = ApiKeys.FETCH.latestVersion();
  private static final RequestHeader HEADER =
      new RequestHeader(ApiKeys.FETCH, VERSION, "client", 7);

  private ServerSocketChannel listener;
  private SocketChannel client;
  private SocketChannel served;
  private Selector selector;
  private SelectionKey key;

  @BeforeEach
  void connect() throws IOException {
    listener =
        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    client = SocketChannel.open();
    // Small buffers on both sides make every large write a partial one.
    client.setOption(StandardSocketOptions.SO_RCVBUF, 16 * 1024);
    client.connect(listener.getLocalAddress());
    served = listener.accept();
    served.setOption(StandardSocketOptions.SO_SNDBUF, 16 * 1024);
    served.configureBlocking(false);
    selector = Selector.open();
    key = served.register(selector, SelectionKey.OP_WRITE);
  }

  @AfterEach
  void disconnect() throws IOException {
    selector.close();
    served.close();
    client.close();
    listener.close();
  }

  @Test
  void shouldSendManySlicesInsideAResponseOverPartialWrites() throws Exception {
    // given
    var random = new Random(11);
    var slices = new ArrayList<ByteBuffer>();
    for (int i = 0; i < 3_000; i++) {
      slices.add(direct(random, random.nextInt(2_000)));
    }
    slices.add(direct(random, 1 << 20));
    var records = new SliceRecords(slices);

    // when
    var received = receive(frameBytes(records));
    int writes = send(records);

    // then
    assertThat(writes).isGreaterThan(3);
    assertThat(recordsIn(received.get())).isEqualTo(joined(slices));
  }

  @Test
  void shouldSendTheSamePositionsTwice() throws Exception {
    // given
    var slices = List.of(direct(new Random(3), 5_000), direct(new Random(4), 70_000));
    var records = new SliceRecords(slices);

    // when
    var first = receive(frameBytes(records));
    send(records);
    first.get();
    var second = receive(frameBytes(records));
    send(records);

    // then
    assertThat(recordsIn(second.get())).isEqualTo(joined(slices));
    assertThat(records.sizeInBytes()).isEqualTo(75_000);
  }

  @Test
  void shouldSendNoRecordsAsAnEmptySetAndNotAsNull() throws Exception {
    // given
    var records = new SliceRecords(List.of());

    // when
    var received = receive(frameBytes(records));
    send(records);

    // then
    assertThat(recordsIn(received.get())).isEqualTo(ByteBuffer.allocate(0));
  }

  @Test
  void shouldNotCopyDirectBuffersToTheHeap() throws Exception {
    // given
    var warmUp = new SliceRecords(List.of(direct(new Random(1), 1 << 20)));
    var drained = receive(frameBytes(warmUp));
    send(warmUp);
    drained.get();
    var records = new SliceRecords(List.of(direct(new Random(1), 4 << 20)));
    var received = receive(frameBytes(records));
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    // when
    long before = threads.getCurrentThreadAllocatedBytes();
    send(records);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;

    // then
    received.get();
    assertThat(allocated).isLessThan(1 << 20);
  }

  @Test
  void shouldRefuseMoreThanAResponseCanCarry() {
    // given
    var large = ByteBuffer.allocateDirect(1 << 20);
    var slices = new ArrayList<ByteBuffer>();
    for (int i = 0; i < 2_048; i++) {
      slices.add(large.duplicate());
    }

    // when, then
    assertThatThrownBy(() -> new SliceRecords(slices)).isInstanceOf(ArithmeticException.class);
  }

  private int send(SliceRecords records) throws IOException {
    var send = new NetworkSend("c", response(records).toSend(HEADER.toResponseHeader(), VERSION));
    var channel = new PlaintextTransportLayer(key);
    int writes = 0;
    while (!send.completed()) {
      selector.select();
      selector.selectedKeys().clear();
      send.writeTo(channel);
      writes++;
    }
    return writes;
  }

  private CompletableFuture<ByteBuffer> receive(int bytes) {
    var into = ByteBuffer.allocate(bytes);
    var received = new CompletableFuture<ByteBuffer>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            int read = 0;
            while (into.hasRemaining() && read >= 0) {
              read = client.read(into);
            }
            received.complete(into.flip());
          } catch (IOException e) {
            received.completeExceptionally(e);
          }
        });
    return received;
  }

  private static int frameBytes(SliceRecords records) {
    return Math.toIntExact(response(records).toSend(HEADER.toResponseHeader(), VERSION).size());
  }

  private static FetchResponse response(SliceRecords records) {
    var data = new LinkedHashMap<TopicIdPartition, FetchResponseData.PartitionData>();
    data.put(
        new TopicIdPartition(new Uuid(1, 2), 0, "t"),
        new FetchResponseData.PartitionData().setPartitionIndex(0).setRecords(records));
    return FetchResponse.of(Errors.NONE, 0, 0, data, List.of());
  }

  private static ByteBuffer recordsIn(ByteBuffer frame) {
    assertThat(frame.getInt()).isEqualTo(frame.remaining());
    ResponseHeader.parse(frame, ApiKeys.FETCH.responseHeaderVersion(VERSION));
    var parsed = FetchResponse.parse(new ByteBufferAccessor(frame), VERSION);
    var partition = parsed.data().responses().getFirst().partitions().getFirst();
    return ((MemoryRecords) partition.records()).buffer();
  }

  private static ByteBuffer joined(List<ByteBuffer> slices) {
    var all = ByteBuffer.allocate(slices.stream().mapToInt(ByteBuffer::remaining).sum());
    slices.forEach(slice -> all.put(slice.duplicate()));
    return all.flip();
  }

  private static ByteBuffer direct(Random random, int bytes) {
    var content = new byte[bytes];
    random.nextBytes(content);
    return ByteBuffer.allocateDirect(bytes).put(content).flip().asReadOnlyBuffer();
  }
}
