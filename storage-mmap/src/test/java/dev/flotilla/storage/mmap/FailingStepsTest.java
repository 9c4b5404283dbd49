package dev.flotilla.storage.mmap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.EntryCompactor.Outcome;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.LogContent;
import dev.flotilla.storage.testkit.TestEntries;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Everything that can be done to a log, with a device that fails at the first call, then at the
 * second, and so on until all of it succeeds. Each failure is a {@link StorageException}, leaves no
 * file open and nothing mapped once the log is closed, and the log holds what was acknowledged when
 * it is opened again.
 */
final class FailingStepsTest {

  private static final int SEGMENT_BYTES = 64 << 10;

  /** Of the calls one in so many is made to fail; which, changes from run to run. */
  private static final int EVERY = "long".equals(System.getProperty("flotilla.tests")) ? 1 : 10;

  /** Fails one call, counted from when it is armed, or that one and all later ones. */
  private static final class Faults implements WatchedChannel.Watcher {

    private final AtomicInteger callsLeft = new AtomicInteger(Integer.MAX_VALUE);
    private final boolean lasting;
    private volatile boolean failed;

    private Faults(int callsBefore, boolean lasting) {
      this.callsLeft.set(callsBefore);
      this.lasting = lasting;
    }

    private void end() {
      callsLeft.set(Integer.MAX_VALUE);
    }

    private void call() throws IOException {
      int left = callsLeft.getAndDecrement();
      if (left == 0 || (lasting && left < 0)) {
        failed = true;
        throw new IOException("Input/output error");
      }
    }

    @Override
    public void writing() throws IOException {
      call();
    }

    @Override
    public void syncing() throws IOException {
      call();
    }

    @Override
    public void reading() throws IOException {
      call();
    }
  }

  /** A log, what it is known to hold, and what it may hold if the present step fails. */
  private static final class Script {

    private final LogId id = LogId.random();
    private final MmapEngine engine;
    private final List<LogContent> possible = new ArrayList<>();
    private LogContent content = new LogContent(LogBase.ORIGIN);
    private LogStore log;
    private boolean mayBeAbsent = true;

    private Script(MmapEngine engine) {
      this.engine = engine;
      log = engine.create(id, LogBase.ORIGIN);
      mayBeAbsent = false;
    }

    private void run() throws Exception {
      append(3, 1000);
      append(20, 4 << 10);
      write(new WriteSet(20, TestEntries.behind(upTo(20), 7).term(2).several(2, 500)));
      append(40, 4 << 10);
      write(WriteSet.truncate(30));
      write(WriteSet.truncate(12));
      append(30, 4 << 10);
      dropPrefix(18);
      log.compact(19, 100, (_, _) -> new Outcome.Keep());
      readAll();
      log.close();
      log = engine.open(id);
      readAll();
      append(2, 5000);
      log.close();
      cut(content.endIndex() - 3);
      log.close();
      cut(25);
      append(1, 10);
      reset(new LogBase(100, 9, 5000, 1));
      append(2, 100);
      log.close();
      mayBeAbsent = true;
      engine.delete(id);
    }

    private LogContent upTo(long endIndex) {
      LogContent shorter = content.copy();
      shorter.apply(WriteSet.truncate(endIndex));
      return shorter;
    }

    private void append(int count, int bytes) throws Exception {
      write(WriteSet.append(TestEntries.behind(content, content.endIndex()).several(count, bytes)));
    }

    private void write(WriteSet set) throws Exception {
      for (int count = 0; count <= set.entries().size(); count++) {
        LogContent partly = content.copy();
        partly.apply(new WriteSet(set.truncateFrom(), set.entries().subList(0, count)));
        possible.add(partly);
      }
      log.write(set).get(60, TimeUnit.SECONDS);
      succeeded();
    }

    private void dropPrefix(long index) throws Exception {
      LogContent dropped = content.copy();
      dropped.dropPrefix(content.baseBehind(index));
      possible.add(dropped);
      log.dropPrefix(dropped.base()).get(60, TimeUnit.SECONDS);
      succeeded();
    }

    private void reset(LogBase base) throws Exception {
      possible.add(new LogContent(base));
      log.reset(base).get(60, TimeUnit.SECONDS);
      succeeded();
    }

    private void cut(long endIndex) {
      possible.add(upTo(endIndex));
      log = engine.openCutAt(id, endIndex);
      succeeded();
    }

    private void succeeded() {
      content = possible.getLast();
      possible.clear();
    }

    private void readAll() {
      for (long index = log.base().index() + 1; index < log.endIndex(); index++) {
        log.payload(index).close();
      }
    }

    /** What the log holds is what it held, or what the step that failed would have left. */
    private void check() {
      if (mayBeAbsent && !engine.logs().contains(id)) {
        return;
      }
      possible.add(content);
      try (LogStore reopened = engine.open(id)) {
        assertThat(possible)
            .as("base %s, end %d", reopened.base(), reopened.endIndex())
            .anySatisfy(expected -> {
              assertThat(reopened.base()).isEqualTo(expected.base());
              assertThat(reopened.endIndex()).isEqualTo(expected.endIndex());
              assertThat(reopened.lastHeader()).isEqualTo(expected.lastHeader());
            });
        for (long i = reopened.base().index() + 1; i < reopened.endIndex(); i++) {
          reopened.payload(i).close();
        }
      }
    }
  }

  @TempDir Path directory;

  @Test
  void shouldSurviveAFailureOfAnyOneCall() throws Exception {
    failEachCall(false);
  }

  @Test
  void shouldSurviveADeviceThatFailsFromAnyCallOn() throws Exception {
    failEachCall(true);
  }

  private void failEachCall(boolean lasting) throws Exception {
    int calls = (int) Math.floorMod(System.nanoTime(), (long) EVERY);
    while (failsAt(calls, lasting)) {
      calls += EVERY;
    }
    assertThat(calls).as("calls of the whole script").isGreaterThan(100);
  }

  /** Whether there was such a call. */
  private boolean failsAt(int call, boolean lasting) throws Exception {
    Path data = Files.createDirectory(directory.resolve(call + "-" + lasting));
    OpenResources open = new OpenResources(data);
    Faults faults = new Faults(Integer.MAX_VALUE, lasting);
    MmapEngine engine =
        Engines.open(
            data,
            SEGMENT_BYTES,
            (file, options) -> {
              faults.call();
              return new WatchedChannel(FileChannel.open(file, options), faults);
            });
    try {
      Script script = new Script(engine);
      faults.callsLeft.set(call);
      try {
        script.run();
      } catch (StorageException expected) {
        assertThat(faults.failed).as("call %d", call).isTrue();
      } catch (ExecutionException expected) {
        assertThat(expected.getCause()).as("call %d", call).isInstanceOf(StorageException.class);
      }
      faults.end();
      closeQuietly(script.log);
      assertThat(open.files()).as("files open after a failure at call %d", call).isZero();
      assertThat(open.maps()).as("maps after a failure at call %d", call).isZero();
      script.check();
      return faults.failed;
    } finally {
      engine.close();
      assertThat(open.files()).isZero();
    }
  }

  private static void closeQuietly(LogStore log) {
    try {
      log.close();
    } catch (StorageException reported) {
      assertThat(reported).hasMessageContaining("close");
    }
  }
}
