package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.lmdb.EnvironmentCheck.Verdict;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.lmdbjava.Cursor;
import org.lmdbjava.Dbi;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.LmdbException;
import org.lmdbjava.SeekOp;
import org.lmdbjava.Txn;

/**
 * What {@link CheckingProcess} runs: looks at all pages, then has LMDB go through all keys, which
 * may end this process. It ends itself when nobody waits for it any more.
 */
final class CheckMain {

  private CheckMain() {}

  /** Argument: the environment. A line says that it begins, another one what it has found. */
  public static void main(String[] arguments) {
    Thread.ofPlatform().daemon().start(CheckMain::endWithParent);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    out.println(CheckingProcess.BEGUN);
    try {
      out.println(line(check(Path.of(arguments[0]))));
    } catch (IOException | RuntimeException | Error e) {
      out.println(e);
      System.exit(2);
    }
  }

  private static void endWithParent() {
    try {
      while (System.in.read() >= 0) {}
    } catch (IOException e) {
      // Nobody is there either.
    }
    Runtime.getRuntime().halt(2);
  }

  private static Verdict check(Path file) throws IOException {
    Verdict verdict = EnvironmentCheck.check(file, Long.MAX_VALUE);
    if (!(verdict instanceof Verdict.Good)) {
      return verdict;
    }
    try {
      readKeys(file);
      return verdict;
    } catch (LmdbException e) {
      if (isDamage(e)) {
        return new Verdict.Damaged("LMDB cannot read it: " + e.getMessage());
      }
      // Memory, handles, a device that does not answer: nothing that the file could help.
      throw e;
    }
  }

  private static boolean isDamage(LmdbException failure) {
    return LmdbFailures.isDamage(failure)
        || failure instanceof Dbi.KeyNotFoundException
        || failure instanceof Dbi.IncompatibleException;
  }

  private static void readKeys(Path file) {
    try (Env<ByteBuffer> env =
        Env.create()
            .setMaxDbs(Environment.DATABASES.size())
            .open(
                file.toFile(),
                EnvFlags.MDB_NOSUBDIR,
                EnvFlags.MDB_RDONLY_ENV,
                EnvFlags.MDB_NOLOCK)) {
      List<Dbi<ByteBuffer>> databases =
          Environment.DATABASES.stream().map(name -> env.openDbi(name)).toList();
      try (Txn<ByteBuffer> txn = env.txnRead()) {
        databases.forEach(database -> readKeys(database, txn));
      }
    }
  }

  private static void readKeys(Dbi<ByteBuffer> database, Txn<ByteBuffer> txn) {
    try (Cursor<ByteBuffer> cursor = database.openCursor(txn)) {
      boolean found = cursor.first();
      while (found) {
        found = cursor.seek(SeekOp.MDB_NEXT);
      }
    }
  }

  private static String line(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Good() -> CheckingProcess.GOOD;
      case Verdict.Foreign(String what) -> CheckingProcess.FOREIGN + what;
      case Verdict.Damaged(String what) -> CheckingProcess.DAMAGED + what;
    };
  }
}
