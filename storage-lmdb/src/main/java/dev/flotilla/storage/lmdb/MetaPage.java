package dev.flotilla.storage.lmdb;

import java.nio.ByteBuffer;

/**
 * One of the two pages that a file begins with. A commit writes the older of them, last: the newer
 * one says where everything is.
 *
 * <pre>
 *  16  magic             4
 *  20  version           4
 *  24  address           8  where a fixed map lies; there is none
 *  32  map size          8
 *  40  free list        48  {@link Tree}
 *  88  main database    48  {@link Tree}
 * 136  last page         8
 * 144  transaction       8
 * </pre>
 */
record MetaPage(int version, Tree free, Tree main, int pageBytes, long lastPage, long transaction) {

  /** LMDB 0.9's file format. */
  static final int VERSION = 1;

  private static final int MAGIC = 0xBEEFC0DE;

  /** Keys of the free list are numbers of transactions; no subdirectory. */
  private static final int FREE_FLAGS = 0x4008;

  /**
   * A tree of pages.
   *
   * <pre>
   *  0  pad              4  of the free list: the size of a page
   *  4  flags            2
   *  6  depth            2
   *  8  branch pages     8
   * 16  leaf pages       8
   * 24  overflow pages   8
   * 32  entries          8
   * 40  root             8  -1 if it is empty
   * </pre>
   */
  record Tree(
      int flags, int depth, long branches, long leaves, long overflows, long entries, long root) {

    static final int BYTES = 48;

    static Tree readFrom(ByteBuffer bytes, int at) {
      return new Tree(
          bytes.getShort(at + 4) & 0xffff,
          bytes.getShort(at + 6) & 0xffff,
          bytes.getLong(at + 8),
          bytes.getLong(at + 16),
          bytes.getLong(at + 24),
          bytes.getLong(at + 32),
          bytes.getLong(at + 40));
    }

    boolean isEmpty() {
      return root == -1;
    }
  }

  /** Whether a page says that it is a meta page of whatever version. */
  static boolean isMeta(Page page) {
    return page.kind() == Page.META && page.bytes().getInt(16) == MAGIC;
  }

  static MetaPage readFrom(Page page) {
    ByteBuffer bytes = page.bytes();
    return new MetaPage(
        bytes.getInt(20),
        Tree.readFrom(bytes, 40),
        Tree.readFrom(bytes, 88),
        bytes.getInt(40),
        bytes.getLong(136),
        bytes.getLong(144));
  }

  /** Whether it may be of a machine whose pages have another size. */
  boolean hasOtherPages() {
    return pageBytes != Keys.PAGE_BYTES && pageBytes >= 512 && Integer.bitCount(pageBytes) == 1;
  }

  /** Fails unless it may be the page of a number, 0 or 1. */
  void check(Page page) throws Page.DamageException {
    boolean good =
        page.bytes().getLong(0) == page.number()
            && page.bytes().getLong(24) == 0
            && pageBytes == Keys.PAGE_BYTES
            && free.flags() == FREE_FLAGS
            && main.flags() == 0
            && lastPage >= 1
            && transaction >= 0
            && (transaction & 1) == page.number();
    if (!good) {
      throw page.damage("is no meta page that this engine has written");
    }
  }
}
