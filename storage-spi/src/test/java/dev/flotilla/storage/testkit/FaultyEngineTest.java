package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.JournalEngineFactory.Fault;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** The kit finds what is wrong with an engine. */
final class FaultyEngineTest {

  private static final int RUNS = 5;

  @ParameterizedTest
  @EnumSource(value = Fault.class, names = "NONE", mode = Mode.EXCLUDE)
  void shouldFindFaults(Fault fault) {
    StorageEngineRecoveryTest recovery =
        new StorageEngineRecoveryTest() {
          @Override
          protected StorageEngineFactory factory() {
            return new JournalEngineFactory(fault);
          }
        };
    Throwable found = null;
    for (int run = 0; found == null && run < RUNS; run++) {
      found = catchThrowable(recovery::shouldRecoverFromACrashAtAnyInstant);
    }
    assertThat(found).as("what the kit says of %s", fault).isInstanceOf(AssertionError.class);
    assertThat(found).hasMessageContaining("-Dflotilla.seed=");
  }
}
