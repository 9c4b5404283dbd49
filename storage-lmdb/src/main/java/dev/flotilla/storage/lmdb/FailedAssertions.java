package dev.flotilla.storage.lmdb;

import com.kenai.jffi.Library;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import jnr.ffi.Pointer;
import org.lmdbjava.Env;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has LMDB say that it ends the process. Where a page cannot be so it calls {@code abort()}, of
 * which the JVM writes no report, as it does of what the processor finds: the next start could not
 * tell it from a kill. But LMDB tells an environment's user first, by {@code mdb_env_set_assert}.
 *
 * <p>The JVM's own handler cannot be given the signal of {@code abort()} in place of this: the JVM
 * calls that too, to end a report that does not end, and would wait in its handler for ever.
 *
 * <p>LMDB's Java binding leaves the function out; it is looked up in the library that the binding
 * has loaded. Where that fails, a process ends as it would without.
 */
final class FailedAssertions {

  private static final Logger LOG = LoggerFactory.getLogger(FailedAssertions.class);

  /** What a process has that ended by SIGABRT. */
  private static final int ABORTED = 134;

  private static final long LONGEST_MESSAGE = 4096;

  private FailedAssertions() {}

  /**
   * From now on the listener hears which assertion has failed, on the thread whose call of LMDB it
   * ends; the process ends when it returns. It must not use the environment.
   */
  static void report(Env<?> env, Consumer<String> listener) {
    try {
      Method pointer = Env.class.getDeclaredMethod("pointer");
      pointer.setAccessible(true);
      Linker linker = Linker.nativeLinker();
      MethodHandle setAssert =
          linker.downcallHandle(
              MemorySegment.ofAddress(Library.getDefault().getSymbolAddress("mdb_env_set_assert")),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
      BiConsumer<MemorySegment, MemorySegment> failed = (_, message) -> end(message, listener);
      MemorySegment function =
          linker.upcallStub(
              MethodHandles.lookup()
                  .bind(
                      failed,
                      "accept",
                      MethodType.methodType(void.class, Object.class, Object.class))
                  .asType(
                      MethodType.methodType(void.class, MemorySegment.class, MemorySegment.class)),
              FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.ADDRESS),
              // For as long as the environment is open, of whose end nobody tells.
              Arena.global());
      int code =
          (int)
              setAssert.invokeExact(
                  MemorySegment.ofAddress(((Pointer) pointer.invoke(env)).address()), function);
      if (code != 0) {
        LOG.warn("LMDB will not say why it ends this process, should it do so: {}", code);
      }
    } catch (Throwable e) {
      LOG.warn("LMDB will not say why it ends this process, should it do so", e);
    }
  }

  private static void end(MemorySegment message, Consumer<String> listener) {
    try {
      listener.accept(message.reinterpret(LONGEST_MESSAGE).getString(0));
    } finally {
      Runtime.getRuntime().halt(ABORTED);
    }
  }
}
