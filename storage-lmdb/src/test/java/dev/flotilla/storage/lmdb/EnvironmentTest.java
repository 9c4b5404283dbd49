package dev.flotilla.storage.lmdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.FlushListener;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lmdbjava.LmdbException;

/** What readers see of an environment whose commit has failed. */
final class EnvironmentTest {

  @TempDir Path directory;
  private Environment environment;

  @BeforeEach
  void open() {
    EngineConfig config = Engines.config(directory, Map.of(), FlushListener.NONE);
    environment = Environment.create(directory.resolve(EnvironmentFiles.ENVIRONMENT), config);
    environment.write(
        Long.MAX_VALUE,
        changes -> {
          Catalogue.begin(changes, Set.of());
          changes.commit();
        });
  }

  @AfterEach
  void close() {
    environment.close();
  }

  /** Beginning a read has LMDB say that the environment has had a fatal error. */
  @Test
  void shouldReadOnWhenItIsOpenAgainAfterAFatalError() throws Throwable {
    assertThat(read()).isEmpty();
    CompletableFuture<List<Integer>> result = new CompletableFuture<>();
    Thread reader = Thread.ofPlatform().unstarted(() -> complete(result));
    Libc.failMetaPages(environment.file());
    environment.write(
        Long.MAX_VALUE,
        changes -> {
          Catalogue.touch(changes);
          assertThatThrownBy(changes::commit).isInstanceOf(LmdbException.class);
          reader.start();
          awaitWaiting(reader);
        });
    environment.reopen();

    assertThat(result.get(60, TimeUnit.SECONDS)).isEmpty();
    reader.join();
  }

  private List<Integer> read() {
    return environment.read(Catalogue::readFrom).deleted();
  }

  private void complete(CompletableFuture<List<Integer>> read) {
    try {
      read.complete(read());
    } catch (RuntimeException e) {
      read.completeExceptionally(e);
    }
  }

  /** Returns when the thread waits, or has ended. */
  private static void awaitWaiting(Thread thread) {
    long deadline = System.nanoTime() + 60_000_000_000L;
    while (thread.isAlive() && thread.getState() != Thread.State.WAITING) {
      assertThat(System.nanoTime()).as("waited too long").isLessThan(deadline);
      LockSupport.parkNanos(1_000_000);
    }
  }
}
