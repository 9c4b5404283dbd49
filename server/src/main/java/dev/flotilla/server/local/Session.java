package dev.flotilla.server.local;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The session of a process: what a terminal's Ctrl-C and hang-up reach. */
public final class Session {

  private Session() {}

  /**
   * Gives this process a session of its own, so that no terminal's signals reach it. It changes
   * nothing where the process leads its group already.
   */
  public static void leave() {
    Linker linker = Linker.nativeLinker();
    MethodHandle setsid =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("setsid"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT));
    try {
      var _ = (int) setsid.invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException("setsid cannot be called", e);
    }
  }
}
