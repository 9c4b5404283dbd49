package dev.flotilla.storage.lmdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.StorageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong around a transaction costs whoever is at fault, not the thread that commits. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class CommitsTest {

  private final Gate gate = new Gate();
  private final List<Throwable> thrownByListener = new ArrayList<>();

  @TempDir Path directory;
  private EnvironmentFiles files;
  private Environment environment;
  private Commits commits;

  @BeforeEach
  void open() throws Exception {
    FlushListener listener = (_, _, _) -> throwNext();
    EngineConfig config = Engines.config(directory, Map.of(), listener);
    files = EnvironmentFiles.lock(directory, gate, listener);
    new EnvironmentOpening(files, config).prepare();
    environment = Environment.create(files.environment(), config);
    commits = new Commits(environment, files, gate, config);
  }

  private void throwNext() {
    if (!thrownByListener.isEmpty() && thrownByListener.removeFirst() instanceof Error error) {
      throw error;
    }
  }

  @AfterEach
  void close() throws Exception {
    gate.open();
    commits.close();
    environment.close();
    files.close();
  }

  /** Work that does as it is told and knows what it was told last. */
  private static class Told implements Work {

    final CompletableFuture<String> told = new CompletableFuture<>();

    @Override
    public void apply(Changes changes) {
      Catalogue.close(changes);
    }

    @Override
    public void committed() {
      told.complete("committed");
    }

    @Override
    public void failed(StorageException cause) {
      told.complete("failed: " + cause.getMessage());
    }

    String outcome() throws Exception {
      return told.get(30, TimeUnit.SECONDS);
    }
  }

  @Test
  void shouldGoOnWhenAWorkFailsAtHearingOfItsCommit() throws Exception {
    Told bad =
        new Told() {
          @Override
          public void committed() {
            throw new StackOverflowError("told");
          }
        };
    Told beside = new Told();
    submitTogether(bad, beside);

    assertThat(bad.outcome()).startsWith("failed");
    assertThat(beside.outcome()).isEqualTo("committed");
    Task.run(commits, Catalogue::close);
  }

  @Test
  void shouldGoOnWhenAWorkFailsAtHearingOfItsFailure() {
    Told bad =
        new Told() {
          @Override
          public void apply(Changes changes) {
            throw new StorageException("no");
          }

          @Override
          public void failed(StorageException cause) {
            throw new IllegalStateException("told");
          }
        };
    commits.submit(bad);

    Task.run(commits, Catalogue::close);
  }

  @Test
  void shouldFailTheWorkThatMakesAMistakeAndNoOther() throws Exception {
    Told before = new Told();
    Told bad = new Refused(new IllegalStateException("mistaken"));
    Told behind = new Told();
    submitTogether(before, bad, behind);

    assertThat(bad.outcome()).startsWith("failed");
    assertThat(before.outcome()).isEqualTo("committed");
    assertThat(behind.outcome()).isEqualTo("committed");
  }

  @Test
  void shouldTryEachWorkAloneWhenTheDeviceFailsBeforeTheCommit() throws Exception {
    List<Told> works = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      works.add(i % 2 == 0 ? new Told() : new Refused(new StorageException("Input/output error")));
    }
    submitTogether(works.toArray(Work[]::new));

    for (int i = 0; i < 6; i++) {
      assertThat(works.get(i).outcome()).startsWith(i % 2 == 0 ? "committed" : "failed");
    }
    Task.run(commits, Catalogue::close);
  }

  /** Work that can never be written. */
  private static final class Refused extends Told {

    private final RuntimeException why;

    private Refused(RuntimeException why) {
      this.why = why;
    }

    @Override
    public void apply(Changes changes) {
      throw why;
    }
  }

  @Test
  void shouldWriteWhatWaitsWhenItIsClosedBehindWorkThatIsToComeLater() throws Exception {
    // given work whose first commit fails, and which asks to come again
    AtomicInteger failures = new AtomicInteger();
    Told later =
        new Told() {
          @Override
          public void apply(Changes changes) {
            if (failures.get() == 0) {
              throw new StorageException("no");
            }
            super.apply(changes);
          }

          @Override
          public void failed(StorageException cause) {
            failures.incrementAndGet();
            commits.submitLater(this);
          }
        };
    commits.submit(later);

    // when it is closed while others wait
    gate.close();
    Told first = new Told();
    commits.submit(first);
    gate.awaitHeld();
    Told last = new Told();
    commits.submit(last);
    Thread closing = Thread.ofPlatform().start(commits::close);
    while (closing.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    gate.open();

    // then
    assertThat(first.outcome()).isEqualTo("committed");
    assertThat(last.outcome()).isEqualTo("committed");
    closing.join();
    assertThat(failures).hasValueGreaterThan(1);
  }

  @Test
  void shouldRefuseToWaitForItself() throws Exception {
    CompletableFuture<Throwable> thrown = new CompletableFuture<>();
    commits.submit(
        new Told() {
          @Override
          public void committed() {
            try {
              Task.run(commits, Catalogue::close);
              thrown.complete(new AssertionError("waited"));
            } catch (IllegalStateException e) {
              thrown.complete(e);
            }
          }
        });

    assertThat(thrown.get(30, TimeUnit.SECONDS)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldReportWhatIsDurableThoughWhoeverCountsFlushesFails() throws Exception {
    thrownByListener.add(new StackOverflowError("counting"));
    Told work = new Told();
    commits.submit(work);

    assertThat(work.outcome()).isEqualTo("committed");
    Task.run(commits, Catalogue::close);
    assertThat(thrownByListener).isEmpty();
  }

  @Test
  void shouldFailWhatComesWhenItIsClosed() throws Exception {
    commits.close();
    Told late = new Told();
    commits.submit(late);

    assertThat(late.outcome()).contains("is closed");
    assertThatThrownBy(() -> Task.run(commits, Catalogue::close))
        .isInstanceOf(StorageException.class);
  }

  /** So that all of them are in one transaction. */
  private void submitTogether(Work... works) throws Exception {
    gate.close();
    commits.submit(new Told());
    gate.awaitHeld();
    for (Work work : works) {
      commits.submit(work);
    }
    gate.open();
  }
}
