package dev.flotilla.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.testing.Batches;
import dev.flotilla.server.testing.DiscardingChannel;
import dev.flotilla.server.testing.RaftFixture;
import dev.flotilla.server.testing.TestClient;
import dev.flotilla.server.testing.TestClient.FetchSpec;
import dev.flotilla.server.testing.Wire;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.network.Send;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Fetched bytes do not pass through the heap: what a fetch of 1 MB allocates, from the handler to
 * the channel, grows with its entries (about 1 KB each) and not with its bytes: a copy would add 1
 * MB to each figure. Reads run on the measuring thread.
 */
@Timeout(120)
final class FetchAllocationTest {

  private static final int FETCHED = 1 << 20;
  private static final int BATCH_OVERHEAD = 80;

  @TempDir Path directory;

  @ParameterizedTest(name = "entries of {0} bytes")
  @CsvSource({"1024, 1400000", "65536, 60000", "1048576, 30000"})
  void shouldNotAllocateWhatItSends(int entryBytes, long limit) throws Exception {
    try (RaftFixture raft = new RaftFixture(directory, Runnable::run)) {
      raft.create("t", Map.of("max.message.bytes", "2000000"));
      TestClient client = new TestClient(raft.node);
      for (int i = 0; i < FETCHED / entryBytes; i++) {
        // Each waits for its commit, so that each is an entry of its own.
        assertThat(client.produce("t", Batches.sized(entryBytes - BATCH_OVERHEAD)).errorCode())
            .isZero();
      }
      var spec = new FetchSpec().maxBytes(2 * FETCHED).from("t", 0, 2 * FETCHED);
      Request request = Wire.request(client.builder(spec).build((short) 18), "client");
      long allocated = Long.MAX_VALUE;
      for (int i = 0; i < 30; i++) {
        allocated = Math.min(allocated, allocatedBy(raft, request));
      }
      System.out.printf(
          "fetch of 1 MB in entries of %,d bytes: %,d bytes of heap allocated%n",
          entryBytes, allocated);
      assertThat(allocated).isLessThan(limit);
    }
  }

  private static long allocatedBy(RaftFixture raft, Request request) throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    DiscardingChannel channel = new DiscardingChannel();
    long before = threads.getCurrentThreadAllocatedBytes();
    Answer answer = raft.node.fetch.handle(request).get(60, TimeUnit.SECONDS);
    if (!(answer instanceof Answer.Response response)) {
      throw new AssertionError("no response but " + answer);
    }
    Send send = request.context().buildResponseSend(response.response());
    while (!send.completed()) {
      send.writeTo(channel);
    }
    response.lent().forEach(Answer.Lent::close);
    long after = threads.getCurrentThreadAllocatedBytes();
    assertThat(channel.taken()).isBetween(FETCHED * 9 / 10L, FETCHED * 11 / 10L);
    return after - before;
  }
}
