package dev.flotilla.storage.lmdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.DiskFullException;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.StorageException;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lmdbjava.LmdbException;

/** The table, by the numbers that LMDB 0.9 returns: its own, and those of Linux. */
final class LmdbFailuresTest {

  enum Meaning {
    FULL,
    DAMAGED,
    OTHER;

    static Meaning of(LmdbException failure) {
      if (LmdbFailures.isDamage(failure)) {
        return DAMAGED;
      }
      return LmdbFailures.translate("write it", failure) instanceof DiskFullException
          ? FULL
          : OTHER;
    }
  }

  @ParameterizedTest
  @CsvSource({
    // LMDB's own: from KEYEXIST down to BAD_DBI
    "-30799, OTHER, key/data pair already exists",
    "-30798, OTHER, key/data pair not found",
    "-30797, DAMAGED, the environment is damaged",
    "-30796, DAMAGED, the environment is damaged",
    "-30795, OTHER, fatal error",
    "-30794, OTHER, another version of LMDB",
    "-30793, DAMAGED, the environment is damaged",
    "-30792, FULL, storage.lmdb.map.bytes",
    "-30791, OTHER, maxdbs",
    "-30790, OTHER, storage.lmdb.readers",
    "-30789, OTHER, TLS",
    "-30788, OTHER, storage.lmdb.transaction.max.bytes",
    "-30787, DAMAGED, the environment is damaged",
    "-30786, DAMAGED, the environment is damaged",
    "-30785, OTHER, another process has grown it",
    "-30784, OTHER, -30784",
    "-30783, OTHER, -30783",
    "-30782, OTHER, -30782",
    "-30781, OTHER, -30781",
    "-30780, OTHER, -30780",
    // the system's
    "1, OTHER, EPERM",
    "2, OTHER, ENOENT",
    "4, OTHER, EINTR",
    "5, OTHER, EIO",
    "9, OTHER, EBADF",
    "11, OTHER, EAGAIN",
    "12, OTHER, storage.lmdb.map.bytes",
    "13, OTHER, EACCES",
    "16, OTHER, EBUSY",
    "22, OTHER, EINVAL",
    "23, OTHER, ENFILE",
    "24, OTHER, EMFILE",
    "27, FULL, EFBIG",
    "28, FULL, ENOSPC",
    "30, OTHER, EROFS",
    "122, FULL, EDQUOT",
  })
  void shouldSayWhatLmdbReturns(int code, Meaning meaning, String text) throws Exception {
    // when
    LmdbException failure = returned(code);

    // then
    assertThat(Meaning.of(failure)).isEqualTo(meaning);
    assertThat(LmdbFailures.translate("write it", failure))
        .hasMessageStartingWith("write it: ")
        .hasMessageContaining(text)
        .hasCause(failure);
  }

  /** What the binding throws of a number. */
  private static LmdbException returned(int code) throws Exception {
    Method check =
        Class.forName("org.lmdbjava.ResultCodeMapper").getDeclaredMethod("checkRc", int.class);
    check.setAccessible(true);
    InvocationTargetException thrown =
        catchThrowableOfType(InvocationTargetException.class, () -> check.invoke(null, code));
    return (LmdbException) Objects.requireNonNull(thrown.getCause());
  }

  @Test
  void shouldTakeDamageThatALogMeetsForThatOfTheLog() throws Exception {
    LogId log = LogId.random();
    StorageException failure = LmdbFailures.ofRead("read it", log, 7, returned(-30796));

    assertThat(failure)
        .isInstanceOfSatisfying(
            CorruptLogException.class, damage -> assertThat(damage.index()).isEqualTo(7));
    assertThat(LmdbFailures.ofRead("read it", log, 7, returned(5)))
        .isNotInstanceOf(CorruptLogException.class);
  }

  @Test
  void shouldKnowAFullDiskWhereJavaSaysSo() {
    assertThat(LmdbFailures.translate("write it", new IOException("No space left on device")))
        .isInstanceOf(DiskFullException.class);
    assertThat(LmdbFailures.translate("write it", new IOException("Disk quota exceeded")))
        .isInstanceOf(DiskFullException.class);
    assertThat(LmdbFailures.translate("write it", new IOException("Input/output error")))
        .isNotInstanceOf(DiskFullException.class);
  }

  @Test
  void shouldHandOnWhatIsSaidAlready() {
    StorageException said = new StorageException("it is closed");
    assertThat(LmdbFailures.translate("write it", said)).isSameAs(said);
  }
}
