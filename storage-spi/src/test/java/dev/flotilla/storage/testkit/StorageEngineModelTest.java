package dev.flotilla.storage.testkit;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.ModelStep.Kind;
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
import net.jqwik.api.lifecycle.LifecycleContext;
import net.jqwik.api.lifecycle.SkipExecutionHook;

/**
 * An engine answers as the oracle after any sequence of operations on several logs, reopening among
 * them. A failure names the sequence and jqwik's seed.
 */
public abstract class StorageEngineModelTest {

  private static final int LOGS = 2;

  /** The engine under test; asked once per sequence. */
  protected abstract StorageEngineFactory factory();

  @Property(tries = 30, shrinking = ShrinkingMode.BOUNDED)
  void shouldAnswerAsTheOracle(@ForAll("steps") List<ModelStep> steps) {
    run(steps);
  }

  @Property(tries = 1000, shrinking = ShrinkingMode.BOUNDED)
  @AddLifecycleHook(LongRunsOnly.class)
  void shouldAnswerAsTheOracleInLongRuns(@ForAll("steps") List<ModelStep> steps) {
    run(steps);
  }

  private void run(List<ModelStep> steps) {
    try (ScratchDirectory directory = new ScratchDirectory();
        ModelRun run = new ModelRun(factory(), directory.path(), LOGS)) {
      steps.forEach(run::run);
      run.compareAll();
    }
  }

  @Provide
  Arbitrary<List<ModelStep>> steps() {
    Arbitrary<Kind> kinds =
        Arbitraries.frequency(
            Tuple.of(10, Kind.APPEND),
            Tuple.of(5, Kind.TRUNCATE),
            Tuple.of(3, Kind.COMPARE),
            Tuple.of(2, Kind.DROP_PREFIX),
            Tuple.of(1, Kind.RESET),
            Tuple.of(2, Kind.COMPACT),
            Tuple.of(2, Kind.REOPEN),
            Tuple.of(1, Kind.CUT),
            Tuple.of(1, Kind.DELETE));
    return Combinators.combine(
            kinds, Arbitraries.integers().between(0, LOGS - 1), Arbitraries.longs())
        .as(ModelStep::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(60);
  }

  static final class LongRunsOnly implements SkipExecutionHook {
    @Override
    public SkipResult shouldBeSkipped(LifecycleContext context) {
      return Tries.isLong()
          ? SkipResult.doNotSkip()
          : SkipResult.skip("runs with -Dflotilla.tests=long");
    }
  }
}
