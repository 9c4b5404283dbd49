package dev.flotilla.storage.testkit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * A file's bytes, in pages of 4 KiB; what is missing of the last page is zero.
 *
 * @param size the file's length
 * @param pages its pages, never written to
 */
record FilePages(int size, List<byte[]> pages) {

  static final int PAGE_BYTES = 4096;

  static final FilePages NONE = new FilePages(0, List.of());

  private static final byte[] ZEROS = new byte[PAGE_BYTES];

  /** Takes pages from a former content where they are equal. */
  static FilePages of(byte[] bytes, FilePages former) {
    List<byte[]> pages = new ArrayList<>();
    for (int position = 0; position < bytes.length; position += PAGE_BYTES) {
      byte[] page = Arrays.copyOfRange(bytes, position, position + PAGE_BYTES);
      byte[] before = former.page(pages.size());
      pages.add(Arrays.equals(before, page) ? before : page);
    }
    return new FilePages(bytes.length, pages);
  }

  /** A page by number; zeros behind the end. */
  byte[] page(int number) {
    return number < pages.size() ? pages.get(number) : ZEROS;
  }

  /** This with some pages as another content has them. */
  FilePages withPagesOf(FilePages other, IntPredicate wanted) {
    List<byte[]> mixed = new ArrayList<>();
    for (int number = 0; number < pages.size(); number++) {
      mixed.add(wanted.test(number) ? other.page(number) : pages.get(number));
    }
    return new FilePages(size, mixed);
  }

  byte[] bytes() {
    byte[] bytes = new byte[size];
    for (int number = 0; number < pages.size(); number++) {
      int position = number * PAGE_BYTES;
      System.arraycopy(
          pages.get(number), 0, bytes, position, Math.min(PAGE_BYTES, size - position));
    }
    return bytes;
  }
}
