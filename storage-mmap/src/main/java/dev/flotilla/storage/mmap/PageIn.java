package dev.flotilla.storage.mmap;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Brings pages of a mapped file into memory before Java code touches them, by {@code
 * madvise(MADV_POPULATE_READ)}.
 *
 * <p>A page that cannot be read, or lies beyond the end of the file, is a failed call here. Touched
 * directly it would be a SIGBUS: an {@code InternalError} in plain Java code, and the death of the
 * JVM in the CRC-32C intrinsic. Besides, a thread that waits here for the disk is in native code
 * and holds up no safepoint.
 *
 * <p>The call goes through the pages one by one, which takes as long as their checksums. Of many
 * pages {@code mincore} is asked first, which takes a tenth: as a rule all are there. Linux answers
 * truly to who may write the file, as an engine may.
 */
final class PageIn {

  private static final int MADV_POPULATE_READ = 22;
  private static final long PAGE_BYTES = 4096;

  /** From so many pages on it pays to ask first. */
  private static final long MANY_PAGES = 16;

  private static final MethodHandle MADVISE =
      call(
          "madvise",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));

  private static final MethodHandle MINCORE =
      call(
          "mincore",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.ADDRESS));

  /** Linux before 5.14 does not know the advice. */
  private static final boolean KNOWN = isKnown();

  private PageIn() {}

  private static MethodHandle call(String name, FunctionDescriptor form) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), form);
  }

  /**
   * Makes the bytes {@code [from, to)} of a mapping present, which the caller keeps mapped.
   *
   * @return whether they are; if not they must not be touched
   */
  static boolean populate(MemorySegment mapping, long from, long to) {
    long first = from & -PAGE_BYTES;
    long address = mapping.address() + first;
    long length = to - first;
    if (length >= MANY_PAGES * PAGE_BYTES && isPresent(address, length)) {
      return true;
    }
    return KNOWN ? populate(address, length) : touch(mapping.asSlice(first, length));
  }

  private static boolean isPresent(long address, long length) {
    long pages = Math.ceilDiv(length, PAGE_BYTES);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment present = arena.allocate(pages);
      if ((int) MINCORE.invokeExact(address, length, present) != 0) {
        return false;
      }
      long page = 0;
      while (page < pages && (present.get(ValueLayout.JAVA_BYTE, page) & 1) != 0) {
        page++;
      }
      return page == pages;
    } catch (RuntimeException | Error failure) {
      throw failure;
    } catch (Throwable failure) {
      throw new LinkageError("mincore", failure);
    }
  }

  private static boolean populate(long address, long length) {
    try {
      return (int) MADVISE.invokeExact(address, length, MADV_POPULATE_READ) == 0;
    } catch (RuntimeException | Error failure) {
      throw failure;
    } catch (Throwable failure) {
      throw new LinkageError("madvise", failure);
    }
  }

  private static boolean isKnown() {
    try (Arena arena = Arena.ofConfined()) {
      return populate(arena.allocate(PAGE_BYTES, PAGE_BYTES).address(), PAGE_BYTES);
    }
  }

  private static boolean touch(MemorySegment pages) {
    try {
      for (long at = 0; at < pages.byteSize(); at += PAGE_BYTES) {
        pages.get(ValueLayout.JAVA_BYTE, at);
      }
      return true;
    } catch (InternalError unreadable) {
      return false;
    }
  }
}
