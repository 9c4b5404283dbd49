package dev.flotilla.raft;

import dev.flotilla.raft.AppendQueueRun.Kind;
import dev.flotilla.raft.AppendQueueRun.Step;
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

/** The promises of an append queue hold in any order of events; see {@link AppendQueueRun}. */
class AppendQueuePropertyTest {

  @Property(tries = 500, shrinking = ShrinkingMode.BOUNDED)
  void shouldKeepItsPromisesInAnyOrderOfEvents(@ForAll("steps") List<Step> steps) {
    run(steps);
  }

  @Property(tries = 20_000, shrinking = ShrinkingMode.BOUNDED)
  @AddLifecycleHook(LongRunsOnly.class)
  void shouldKeepItsPromisesInLongRuns(@ForAll("steps") List<Step> steps) {
    run(steps);
  }

  private static void run(List<Step> steps) {
    AppendQueueRun run = new AppendQueueRun();
    run.run(new Step(Kind.BECOME_READY, 0));
    steps.forEach(run::run);
    run.finish();
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Kind> kinds =
        Arbitraries.frequency(
            Tuple.of(10, Kind.ENQUEUE),
            Tuple.of(4, Kind.SEND_AGAIN),
            Tuple.of(2, Kind.ENQUEUE_REFUSED),
            Tuple.of(8, Kind.RUN_TASK),
            Tuple.of(6, Kind.APPLY),
            Tuple.of(2, Kind.OUTCOME_UNKNOWN),
            Tuple.of(1, Kind.NOT_APPENDED),
            Tuple.of(1, Kind.LOSE_KEEPING_TAIL),
            Tuple.of(1, Kind.LOSE_CUTTING_TAIL),
            Tuple.of(3, Kind.BECOME_READY),
            Tuple.of(1, Kind.LATE_APPLY));
    return Combinators.combine(kinds, Arbitraries.integers())
        .as(Step::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(80);
  }

  static final class LongRunsOnly implements SkipExecutionHook {
    @Override
    public SkipResult shouldBeSkipped(LifecycleContext context) {
      return "long".equals(System.getProperty("flotilla.tests"))
          ? SkipResult.doNotSkip()
          : SkipResult.skip("runs with -Dflotilla.tests=long");
    }
  }
}
