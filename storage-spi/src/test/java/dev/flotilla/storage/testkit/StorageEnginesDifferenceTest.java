package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.ModelStep.Kind;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AddLifecycleHook;

/**
 * Engines hold the same after the same operations, and answer as the oracle. Compactions are left
 * out: an engine may leave entries alone, and what is done next depends on what the log holds.
 */
public abstract class StorageEnginesDifferenceTest {

  private static final int LOGS = 2;

  /** The engines under test. */
  protected abstract List<StorageEngineFactory> factories();

  @Property(tries = 10, shrinking = ShrinkingMode.BOUNDED)
  void shouldHoldTheSame(@ForAll("steps") List<ModelStep> steps) {
    run(steps);
  }

  @Property(tries = 100, shrinking = ShrinkingMode.BOUNDED)
  @AddLifecycleHook(StorageEngineModelTest.LongRunsOnly.class)
  void shouldHoldTheSameInLongRuns(@ForAll("steps") List<ModelStep> steps) {
    run(steps);
  }

  private void run(List<ModelStep> steps) {
    List<List<LogContent>> contents = new ArrayList<>();
    for (StorageEngineFactory factory : factories()) {
      try (ScratchDirectory directory = new ScratchDirectory();
          ModelRun run = new ModelRun(factory, directory.path(), LOGS)) {
        steps.forEach(run::run);
        run.compareAll();
        contents.add(run.contents());
      }
    }
    assertThat(contents).hasSizeGreaterThan(1);
    List<LogContent> first = contents.getFirst();
    for (List<LogContent> other : contents) {
      for (int log = 0; log < LOGS; log++) {
        assertThat(other.get(log)).hasToString(first.get(log).toString());
        assertThat(other.get(log).sameAs(first.get(log))).as("bytes of log %d", log).isTrue();
      }
    }
  }

  @Provide
  Arbitrary<List<ModelStep>> steps() {
    Arbitrary<Kind> kinds =
        Arbitraries.frequency(
            Tuple.of(10, Kind.APPEND),
            Tuple.of(5, Kind.TRUNCATE),
            Tuple.of(2, Kind.COMPARE),
            Tuple.of(2, Kind.DROP_PREFIX),
            Tuple.of(1, Kind.RESET),
            Tuple.of(1, Kind.REOPEN),
            Tuple.of(1, Kind.CUT),
            Tuple.of(1, Kind.DELETE));
    return Combinators.combine(
            kinds, Arbitraries.integers().between(0, LOGS - 1), Arbitraries.longs())
        .as(ModelStep::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(60);
  }
}
