package dev.flotilla.storage.lmdb;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the JVM report when LMDB ends the process. LMDB does so by {@code abort()} where a page
 * cannot be so; of the signal that this raises the JVM writes no report, as it does of those of the
 * processor, and the next start could not tell it from a kill. So the JVM's own handler is given
 * this signal too. It is not taken away when it is called: of threads that abort at the same time
 * the first one reports, and the others wait in it; were they to end the process, there would be no
 * report. The JVM bears that it aborts itself at the end.
 *
 * <p>The structure is that of Linux on 64-bit machines, elsewhere nothing is changed.
 */
final class NativeAborts {

  private static final Logger LOG = LoggerFactory.getLogger(NativeAborts.class);

  private static final int SIGABRT = 6;
  private static final int SIGSEGV = 11;

  /** A sigaction begins with the handler; so many bytes are enough for all of it. */
  private static final int HANDLER_AT = 0;

  private static final int SIGACTION_BYTES = 256;

  private static final AtomicBoolean REPORTED = new AtomicBoolean();

  private NativeAborts() {}

  /** Done once in a process; whoever has a handler of his own keeps it. */
  static void report() {
    if (!System.getProperty("os.name").equals("Linux") || !REPORTED.compareAndSet(false, true)) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      Linker linker = Linker.nativeLinker();
      MethodHandle sigaction =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("sigaction"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT,
                  ValueLayout.ADDRESS,
                  ValueLayout.ADDRESS));
      MemorySegment ofAbort = arena.allocate(SIGACTION_BYTES);
      MemorySegment ofFault = arena.allocate(SIGACTION_BYTES);
      int failed = (int) sigaction.invokeExact(SIGABRT, MemorySegment.NULL, ofAbort);
      failed |= (int) sigaction.invokeExact(SIGSEGV, MemorySegment.NULL, ofFault);
      if (failed == 0
          && ofAbort.get(ValueLayout.JAVA_LONG, HANDLER_AT) == 0
          && ofFault.get(ValueLayout.JAVA_LONG, HANDLER_AT) != 0) {
        failed = (int) sigaction.invokeExact(SIGABRT, ofFault, MemorySegment.NULL);
      }
      if (failed != 0) {
        LOG.warn("When LMDB ends this process by abort() no report will say so");
      }
    } catch (Throwable e) {
      LOG.warn("When LMDB ends this process by abort() no report will say so", e);
    }
  }
}
