package dev.flotilla.storage.lmdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.testkit.ChildJvm;
import dev.flotilla.storage.testkit.TestEntries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Set;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A damaged page of a large environment, which is not checked when it is opened, may cost the
 * process. The next one checks all pages before it uses them.
 */
final class CrashedEnvironmentTest {

  /** Where a page says of what kind it is, where its node pointers end, and its nodes begin. */
  private static final int LOWER_AT = 12;

  private static final int UPPER_AT = 14;

  private final LogId first = LogId.random();
  private final LogId second = LogId.random();
  private final Set<LogId> ids = Set.of(first, second);

  @TempDir Path root;
  private Path directory;

  @BeforeEach
  void writeTwoLogs() throws Exception {
    directory = root.resolve("engine");
    try (LmdbEngine engine = Engines.open(directory)) {
      for (LogId id : ids) {
        LogStore log = engine.create(id, LogBase.ORIGIN);
        for (int i = 0; i < 6; i++) {
          Engines.append(log, TestEntries.behind(log, i).several(50, 3000));
        }
      }
    }
  }

  private TreePages pages() throws Exception {
    return TreePages.of(directory.resolve(EnvironmentFiles.ENVIRONMENT));
  }

  private OpenMark mark() {
    return new OpenMark(directory.resolve(OpenMark.NAME));
  }

  private LmdbEngine openUnchecked() {
    return Engines.open(directory, Device.REAL, EnvironmentUser.UNCHECKED);
  }

  @Test
  void shouldSetAsideWhatIsDamagedBehindACrash() throws Exception {
    crash();
    TreePages pages = pages();
    pages.put(pages.of("payloads").getFirst(), UPPER_AT, 0xffff);
    checkLost();
  }

  private void crash() throws Exception {
    try (ChildJvm user = EnvironmentUser.start(root, EnvironmentUser.CRASH, directory)) {
      assertThat(user.output()).contains("SIGSEGV").doesNotContain("closed");
    }
  }

  @Test
  void shouldSetAsideWhatLmdbAbortedAProcessFor() throws Exception {
    TreePages pages = pages();
    pages.put(pages.of("headers").getFirst(), LOWER_AT, Page.HEAD_BYTES);

    String output = EnvironmentUser.run(root, directory);

    assertThat(output)
        .containsPattern("ends this process.*Assertion '.*' failed in mdb_")
        .doesNotContain("closed", EnvironmentUser.WRONG);
    checkLost();
  }

  private void checkLost() throws Exception {
    assertThat(mark().lastEnd()).isEqualTo(new OpenMark.LastEnd(1, true));
    try (LmdbEngine engine = openUnchecked()) {
      assertThat(directory.resolve("damaged.mdb")).exists();
      assertThat(engine.logs()).isEqualTo(ids);
      assertThatThrownBy(() -> engine.open(first)).isInstanceOf(CorruptLogException.class);
      engine.delete(first);
      LogStore anew = engine.create(first, LogBase.ORIGIN);
      Engines.append(anew, TestEntries.behind(LogBase.ORIGIN, 2).several(3, 100));
    }
    assertThat(mark().lastEnd()).isEqualTo(OpenMark.LastEnd.CLOSED);
    try (LmdbEngine engine = openUnchecked()) {
      assertThat(engine.open(first).endIndex()).isEqualTo(3);
    }
  }

  @Test
  void shouldUseWhatIsNotDamagedAfterACrash() throws Exception {
    crash();
    assertThat(mark().lastEnd()).isEqualTo(new OpenMark.LastEnd(1, true));

    try (LmdbEngine engine = openUnchecked()) {
      assertThat(directory.resolve("damaged.mdb")).doesNotExist();
      for (LogId id : ids) {
        assertThat(Engines.shown(engine.open(id))).hasSize(300);
      }
    }
  }

  /** A kill is no sign of damage, and what is large takes time to check; three are a sign. */
  @Test
  void shouldCheckALargeEnvironmentBehindTheThirdKillInARow() throws Exception {
    TreePages pages = pages();
    pages.put(pages.of("payloads").getFirst(), UPPER_AT, 0xffff);
    for (int killed = 1; killed <= 3; killed++) {
      kill();
      assertThat(mark().lastEnd()).isEqualTo(new OpenMark.LastEnd(killed, false));
      assertThat(directory.resolve("damaged.mdb")).doesNotExist();
    }

    openUnchecked().close();

    assertThat(directory.resolve("damaged.mdb")).exists();
  }

  private void kill() throws Exception {
    try (ChildJvm user = EnvironmentUser.start(root, EnvironmentUser.WAIT, directory)) {
      assertThat(user.line()).hasValue("opened");
      user.kill();
    }
  }

  @Test
  void shouldTellAReportOfAnOlderProcessFromOneOfTheLast() throws Exception {
    Path report = Files.createFile(root.resolve("report"));
    Path file = directory.resolve(OpenMark.NAME);
    Files.writeString(file, "ends=1\nreport=" + report + "\n");
    Files.setLastModifiedTime(report, FileTime.fromMillis(0));
    assertThat(mark().lastEnd()).isEqualTo(new OpenMark.LastEnd(2, false));

    mark().set(4);
    assertThat(mark().lastEnd()).isEqualTo(new OpenMark.LastEnd(5, false));
    for (String damaged : List.of("ends=x\n", "report=\0\n", "\n\0\377", "")) {
      Files.writeString(file, damaged);
      assertThat(mark().lastEnd()).isEqualTo(new OpenMark.LastEnd(1, false));
    }
  }

  /** The class path of a plugin is none that another process could be given. */
  @Test
  void shouldCheckItselfWhereNoProcessCanBeStarted() throws Exception {
    Path file = directory.resolve(EnvironmentFiles.ENVIRONMENT);
    assertThat(CheckingProcess.check(file, root.toString()))
        .isEqualTo(new EnvironmentCheck.Verdict.Good());
    TreePages pages = pages();
    pages.put(pages.of("logs").getFirst(), UPPER_AT, 0xffff);

    assertThat(CheckingProcess.check(file, root.toString()))
        .isInstanceOf(EnvironmentCheck.Verdict.Damaged.class);
  }

  @Test
  void shouldComeToNoVerdictOfWhatCannotBeOpened() {
    assertThatThrownBy(() -> CheckingProcess.check(root.resolve("missing")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void shouldTakeItForDamagedWhenTheProcessCrashesOfIt() throws Exception {
    String classes =
        checking(
            "java.lang.foreign.MemorySegment.ofAddress(4096).reinterpret(8)"
                + ".set(java.lang.foreign.ValueLayout.JAVA_BYTE, 0, (byte) 1);");

    assertThat(CheckingProcess.check(directory.resolve(EnvironmentFiles.ENVIRONMENT), classes))
        .isInstanceOfSatisfying(
            EnvironmentCheck.Verdict.Damaged.class,
            damaged -> assertThat(damaged.what()).contains("SIGSEGV"));
  }

  /** As when its memory or its libraries do not suffice: the file cannot help it. */
  @Test
  void shouldNotTakeItForDamagedWhenTheProcessFails() throws Exception {
    Path file = directory.resolve(EnvironmentFiles.ENVIRONMENT);
    String insufficient =
        "System.out.println(\"# There is insufficient memory for the JVM\"); System.exit(1);";

    for (String end : List.of("System.exit(2);", "System.exit(3);", insufficient)) {
      assertThat(CheckingProcess.check(file, checking(end)))
          .isEqualTo(new EnvironmentCheck.Verdict.Good());
    }
  }

  /**
   * The class path of a program in the place of {@link CheckMain} that begins, and then does so.
   */
  private String checking(String statement) throws IOException {
    Path classes = Files.createTempDirectory(root, "classes");
    Path source = classes.resolve("CheckMain.java");
    Files.writeString(
        source,
        """
        package dev.flotilla.storage.lmdb;
        final class CheckMain {
          public static void main(String[] arguments) {
            System.out.println("begun");
            %s
          }
        }
        """
            .formatted(statement));
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-proc:none", "-d", classes.toString(), source.toString());
    assertThat(status).isZero();
    return classes.toString();
  }

  /** It leads to the logs: nothing can be said of them without it. */
  @Test
  void shouldSetAsideWhatCannotBeOpened() throws Exception {
    TreePages pages = pages();
    pages.put(pages.of("logs").getFirst(), LOWER_AT, Page.HEAD_BYTES);
    try (LmdbEngine engine = openUnchecked()) {
      assertThat(directory.resolve("damaged.mdb")).exists();
      assertThat(engine.logs()).isEqualTo(ids);
    }
  }

  @Test
  void shouldMakeNoDatabaseInPlaceOfOneThatIsNotFound() throws Exception {
    TreePages pages = pages();
    pages.put(pages.of(TreePages.MAIN).getFirst(), LOWER_AT, Page.HEAD_BYTES);
    try (LmdbEngine engine = openUnchecked()) {
      assertThat(directory.resolve("damaged.mdb")).exists();
      assertThat(engine.logs()).isEqualTo(ids);
    }
  }
}
