package dev.flotilla.storage.lmdb;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Calls of the system with which tests have a device fail under LMDB. */
final class Libc {

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  private static final MethodHandle OPEN =
      function("open", FunctionDescriptor.of(INT, ValueLayout.ADDRESS, INT));
  private static final MethodHandle DUP2 = function("dup2", FunctionDescriptor.of(INT, INT, INT));
  private static final MethodHandle CLOSE = function("close", FunctionDescriptor.of(INT, INT));
  private static final MethodHandle MMAP =
      function("mmap", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT, INT, LONG));

  private static final MethodHandle STRLEN = function("strlen", FunctionDescriptor.of(LONG, LONG));

  private static final int READ_ONLY = 0;
  private static final int PROT_READ = 1;
  private static final int MAP_SHARED_FIXED = 0x11;

  private Libc() {}

  private static MethodHandle function(String name, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    MemorySegment address = linker.defaultLookup().findOrThrow(name);
    return linker.downcallHandle(address, descriptor);
  }

  /**
   * Has LMDB fail the next time that it writes a meta page of an open environment. It does so
   * through a file of its own, which syncs: that one is another from now on, which is read only.
   */
  static void failMetaPages(Path environment) throws Throwable {
    int file = syncingFile(environment);
    int opened = open(Path.of("/dev/null"));
    check((int) DUP2.invokeExact(opened, file) == file, "dup2");
    check((int) CLOSE.invokeExact(opened) == 0, "close");
  }

  /** The number of the one file of this process that is a path and syncs each write. */
  private static int syncingFile(Path file) throws IOException {
    int dsync = 010000;
    List<Integer> found = new ArrayList<>();
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      for (Path each : open.toList()) {
        Path info = Path.of("/proc/self/fdinfo", each.getFileName().toString());
        if (Files.exists(each) && Files.isSameFile(each, file)) {
          String flags = Files.readAllLines(info).get(1).replace("flags:", "").strip();
          if ((Integer.parseInt(flags, 8) & dsync) != 0) {
            found.add(Integer.valueOf(each.getFileName().toString()));
          }
        }
      }
    }
    check(found.size() == 1, "to find the file of meta pages has");
    return found.getFirst();
  }

  /**
   * Has so much memory, of whole pages, show the begin of a file: what lies behind its end faults.
   */
  static void map(long address, long bytes, Path shown) throws Throwable {
    int opened = open(shown);
    long mapped = (long) MMAP.invokeExact(address, bytes, PROT_READ, MAP_SHARED_FIXED, opened, 0L);
    check(mapped == address, "mmap");
    check((int) CLOSE.invokeExact(opened) == 0, "close");
  }

  /** Ends the process with a signal: reads where nothing is mapped. */
  static void crash() throws Throwable {
    long length = (long) STRLEN.invokeExact(1L);
    throw new AssertionError("there were " + length + " bytes");
  }

  private static int open(Path file) throws Throwable {
    try (Arena arena = Arena.ofConfined()) {
      int opened = (int) OPEN.invokeExact(arena.allocateFrom(file.toString()), READ_ONLY);
      check(opened >= 0, "open");
      return opened;
    }
  }

  private static void check(boolean good, String call) {
    if (!good) {
      throw new AssertionError(call + " failed");
    }
  }
}
