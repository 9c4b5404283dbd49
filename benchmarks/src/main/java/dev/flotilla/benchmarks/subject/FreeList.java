package dev.flotilla.benchmarks.subject;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The free pages of an LMDB file, read from it: LMDB shows them to nobody. They are listed in a
 * tree of their own, a row for each transaction that has freed some; a page of the tree begins with
 * 16 bytes, of which two at 10 are its kind and two at 12 say where the pointers end that follow.
 *
 * @param pages how many there are
 * @param runs into how many pieces of neighbouring pages they fall
 * @param rows how many rows list them
 */
public record FreeList(long pages, long runs, long rows) {

  private static final FreeList NONE = new FreeList(0, 0, 0);

  private static final int PAGE_BYTES = 4096;
  private static final int KIND_AT = 10;
  private static final int POINTERS_END_AT = 12;
  private static final int HEAD_BYTES = 16;
  private static final int BRANCH = 1;

  /** In a meta page. */
  private static final int ROOT_AT = 80;

  private static final int TRANSACTION_AT = 144;

  /** In a row: its length, flags and key's length, before the key. */
  private static final int NODE_HEAD_BYTES = 8;

  private static final int BIG = 1;

  /** Of the environment in a directory, which nobody writes to; empty where there is none. */
  public static FreeList in(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      Optional<Path> environment =
          files.filter(file -> file.toString().endsWith(".mdb")).findFirst();
      return environment.isPresent() ? read(environment.get()) : NONE;
    } catch (IOException e) {
      throw new UncheckedIOException("no free list in " + directory, e);
    }
  }

  private static FreeList read(Path environment) throws IOException {
    try (FileChannel file = FileChannel.open(environment, StandardOpenOption.READ)) {
      ByteBuffer first = bytes(file, 0, PAGE_BYTES);
      ByteBuffer second = bytes(file, PAGE_BYTES, PAGE_BYTES);
      boolean firstIsNewer = first.getLong(TRANSACTION_AT) > second.getLong(TRANSACTION_AT);
      long root = (firstIsNewer ? first : second).getLong(ROOT_AT);
      BitSet free = new BitSet();
      long rows = root == -1 ? 0 : walk(file, root, free);
      long runs = 0;
      for (int page = free.nextSetBit(0); page >= 0; page = free.nextSetBit(page)) {
        page = free.nextClearBit(page);
        runs++;
      }
      return new FreeList(free.cardinality(), runs, rows);
    }
  }

  private static long walk(FileChannel file, long number, BitSet free) throws IOException {
    ByteBuffer page = bytes(file, number * PAGE_BYTES, PAGE_BYTES);
    boolean branch = page.getShort(KIND_AT) == BRANCH;
    long rows = 0;
    for (int pointer = HEAD_BYTES; pointer < page.getShort(POINTERS_END_AT); pointer += 2) {
      int node = page.getShort(pointer);
      if (branch) {
        rows += walk(file, Integer.toUnsignedLong(page.getInt(node)), free);
      } else {
        listed(file, page, node, free);
        rows++;
      }
    }
    return rows;
  }

  /** A row's value is a number of pages and the pages, in the row or in pages of its own. */
  private static void listed(FileChannel file, ByteBuffer page, int node, BitSet free)
      throws IOException {
    int value = node + NODE_HEAD_BYTES + page.getShort(node + 6);
    ByteBuffer pages =
        (page.getShort(node + 4) & BIG) == 0
            ? page.slice(value, page.getInt(node)).order(ByteOrder.LITTLE_ENDIAN)
            : bytes(file, page.getLong(value) * PAGE_BYTES + HEAD_BYTES, page.getInt(node));
    for (long i = 1; i <= pages.getLong(0); i++) {
      free.set(Math.toIntExact(pages.getLong((int) i * Long.BYTES)));
    }
  }

  private static ByteBuffer bytes(FileChannel file, long position, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (file.read(buffer, position + buffer.position()) < 0) {
        throw new IOException("the file ends before " + (position + count));
      }
    }
    return buffer.flip();
  }
}
