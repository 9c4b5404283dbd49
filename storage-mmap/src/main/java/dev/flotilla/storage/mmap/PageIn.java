package dev.flotilla.storage.mmap;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * Brings pages of a mapped file into memory before Java code touches them, by {@code
 * madvise(MADV_POPULATE_READ)}.
 *
 * <p>A page that cannot be read, or lies beyond the end of the file, is a failed call here. Touched
 * directly it would be a SIGBUS: an {@code InternalError} in plain Java code, and the death of the
 * JVM in the CRC-32C intrinsic. Besides, a thread that waits here for the disk is in native code
 * and holds up no safepoint. A call for pages that are present takes less than a microsecond.
 */
final class PageIn {

  private static final int MADV_POPULATE_READ = 22;
  private static final int EINVAL = 22;
  private static final long PAGE_BYTES = 4096;

  private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final MethodHandle MADVISE =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("madvise"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT,
                  ValueLayout.ADDRESS,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_INT),
              Linker.Option.captureCallState("errno"));

  private PageIn() {}

  /**
   * Makes the bytes {@code [from, to)} of a mapping present.
   *
   * @return whether they are; if not they must not be touched
   */
  static boolean populate(MemorySegment mapping, long from, long to) {
    long first = from & -PAGE_BYTES;
    MemorySegment pages = mapping.asSlice(first, to - first);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CALL_STATE);
      int result = (int) MADVISE.invokeExact(state, pages, pages.byteSize(), MADV_POPULATE_READ);
      if (result == 0) {
        return true;
      }
      // Linux before 5.14 does not know the advice.
      return (int) ERRNO.get(state, 0L) == EINVAL && touch(pages);
    } catch (RuntimeException | Error failure) {
      throw failure;
    } catch (Throwable failure) {
      throw new LinkageError("madvise", failure);
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
