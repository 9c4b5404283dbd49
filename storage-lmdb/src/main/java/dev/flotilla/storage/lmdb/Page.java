package dev.flotilla.storage.lmdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;

/**
 * A page of an LMDB 0.9 file on a 64-bit little-endian machine, and the nodes in it. Nothing of it
 * is trusted: every access is within the page, or throws {@link DamageException}.
 *
 * <pre>
 *  0  page number         8
 *  8  pad                 2
 * 10  kind                2  {@link #BRANCH}, {@link #LEAF}, {@link #OVERFLOW}, {@link #META}
 * 12  lower               2  end of the node pointers; of an overflow page 12 to 16: its pages
 * 14  upper               2  begin of the nodes
 * 16  pointers            2 each, positions of nodes in the order of their keys
 * </pre>
 *
 * <p>A node has low and high half of a number (2 + 2), flags (2), key length (2), the key, and in a
 * leaf a value: so many bytes, or with {@link #BIG} the number (8) of an overflow page.
 */
record Page(long number, ByteBuffer bytes) {

  static final int BRANCH = 1;
  static final int LEAF = 2;
  static final int OVERFLOW = 4;
  static final int META = 8;

  static final int HEAD_BYTES = 16;

  /** The value lies in overflow pages. */
  static final int BIG = 1;

  /** The value describes a database. */
  static final int DATABASE = 2;

  private static final int NODE_HEAD_BYTES = 8;

  /** What a file holds cannot be. */
  static final class DamageException extends Exception {

    private static final long serialVersionUID = 1;

    /** Thrown often where pages are searched: without a stack trace. */
    DamageException(String message) {
      super(message, null, false, false);
    }
  }

  /** One node: where its value is, how long, and whether in a page of its own. */
  record Node(ByteBuffer key, int flags, long child, int valueBytes, ByteBuffer stored) {

    boolean isBig() {
      return (flags & BIG) != 0;
    }
  }

  /**
   * Reads a page of the file, or as many of its first bytes as are asked for. A page that the
   * device does not give is damaged: it would fail every start.
   *
   * @throws IOException if the thread is interrupted
   */
  static Page read(FileChannel file, long number, int bytes) throws IOException, DamageException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long position = number * Keys.PAGE_BYTES;
    try {
      while (buffer.hasRemaining()) {
        if (file.read(buffer, position + buffer.position()) < 0) {
          throw new DamageException("page " + number + " lies behind the end of the file");
        }
      }
    } catch (ClosedChannelException interrupted) {
      throw interrupted;
    } catch (IOException e) {
      throw new DamageException("page " + number + " cannot be read: " + e.getMessage());
    }
    return new Page(number, buffer.flip());
  }

  int kind() {
    return bytes.getShort(10) & 0xffff;
  }

  /** Of an overflow page: how many pages it is the first of. */
  int overflowPages() {
    return bytes.getInt(12);
  }

  /** Fails unless the page has its number and says that it is of a kind. */
  Page ofKind(int wanted) throws DamageException {
    if (bytes.getLong(0) != number || kind() != wanted) {
      throw damage("is not the page of kind " + wanted + " that is named there");
    }
    return this;
  }

  int nodes() throws DamageException {
    int lower = bytes.getShort(12) & 0xffff;
    int upper = bytes.getShort(14) & 0xffff;
    if (lower < HEAD_BYTES || lower > upper || upper > bytes.limit() || lower % 2 != 0) {
      throw damage("has node pointers up to " + lower + " and nodes from " + upper);
    }
    return (lower - HEAD_BYTES) / 2;
  }

  /** A node by its place, which is below {@link #nodes}. */
  Node node(int place) throws DamageException {
    int at = bytes.getShort(HEAD_BYTES + 2 * place) & 0xffff;
    if (at < HEAD_BYTES || at % 2 != 0 || at + NODE_HEAD_BYTES > bytes.limit()) {
      throw damage("has a node at " + at);
    }
    int low = bytes.getShort(at) & 0xffff;
    int high = bytes.getShort(at + 2) & 0xffff;
    int flags = bytes.getShort(at + 4) & 0xffff;
    int keyBytes = bytes.getShort(at + 6) & 0xffff;
    boolean branch = kind() == BRANCH;
    long valueBytes = branch ? 0 : low | (long) high << 16;
    boolean big = !branch && (flags & BIG) != 0;
    long storedBytes = big ? Long.BYTES : valueBytes;
    long end = at + NODE_HEAD_BYTES + keyBytes + storedBytes;
    if (end > bytes.limit() || valueBytes > Integer.MAX_VALUE) {
      throw damage("has a node at " + at + " that does not fit");
    }
    int keyAt = at + NODE_HEAD_BYTES;
    ByteBuffer stored =
        bytes.slice(keyAt + keyBytes, (int) storedBytes).order(ByteOrder.LITTLE_ENDIAN);
    long child = branch ? low | (long) high << 16 | (long) flags << 32 : 0;
    if (big) {
      child = stored.getLong(0);
    }
    return new Node(
        bytes.slice(keyAt, keyBytes), branch ? 0 : flags, child, (int) valueBytes, stored);
  }

  /** Bytes that a node takes in the page. */
  static int spaceOf(Node node) {
    return (NODE_HEAD_BYTES + node.key().limit() + node.stored().limit() + 1) & -2;
  }

  DamageException damage(String what) {
    return new DamageException("page " + number + " " + what);
  }
}
