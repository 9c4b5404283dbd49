package dev.flotilla.benchmarks.subject;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/**
 * What is appended: record batches of one random record each, exactly as large as asked for, with
 * the base offset that the log gives them. A ring of them, so that what was appended long ago is
 * not in a cache of the CPU, and what is still being written does not change. Not safe for threads.
 */
public final class Payloads {

  private static final long RING_BYTES = 8 << 20;
  private static final int FEWEST_WRITES = 4;

  private final List<List<ByteBuffer>> writes = new ArrayList<>();
  private int place;
  private long offset;

  /**
   * Makes the ring.
   *
   * @param payloadBytes how large each is, at least 100
   * @param perWrite how many are appended with one write
   */
  public Payloads(int payloadBytes, int perWrite) {
    SplittableRandom random = new SplittableRandom(payloadBytes);
    long writeBytes = (long) payloadBytes * perWrite;
    long count = Math.max(FEWEST_WRITES, RING_BYTES / writeBytes);
    for (long i = 0; i < count; i++) {
      List<ByteBuffer> write = new ArrayList<>();
      for (int j = 0; j < perWrite; j++) {
        write.add(batch(payloadBytes, random));
      }
      writes.add(List.copyOf(write));
    }
  }

  /** How many of the writes that came last stay as they are while the next is taken. */
  public int unchanged() {
    return writes.size() - 1;
  }

  /** Begins at offset 0 again, for another log; nothing of the ring is on its way. */
  public void restart() {
    offset = 0;
  }

  /** The next write: payloads that begin at the offset behind those of the last. */
  public List<ByteBuffer> next() {
    List<ByteBuffer> write = writes.get(place);
    place = place + 1 == writes.size() ? 0 : place + 1;
    for (ByteBuffer payload : write) {
      payload.putLong(0, offset++);
    }
    return write;
  }

  /** The array that a payload of a ring fills. */
  @SuppressWarnings("ByteBufferBackingArray") // Made below, by wrapping.
  static byte[] bytes(ByteBuffer payload) {
    return payload.array();
  }

  /** A batch of that size; what its header takes depends on the length of its record. */
  static ByteBuffer batch(int bytes, SplittableRandom random) {
    int valueBytes = Math.max(0, bytes - 80);
    for (int tries = 0; tries < 4; tries++) {
      byte[] value = new byte[valueBytes];
      random.nextBytes(value);
      MemoryRecords records =
          MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(1_700_000_000_000L, value));
      int difference = bytes - records.sizeInBytes();
      if (difference == 0) {
        byte[] exact = new byte[bytes];
        records.buffer().duplicate().get(exact);
        return ByteBuffer.wrap(exact);
      }
      valueBytes += difference;
    }
    throw new IllegalArgumentException("no batch of one record has " + bytes + " bytes");
  }
}
