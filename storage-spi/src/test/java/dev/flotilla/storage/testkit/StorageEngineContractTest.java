package dev.flotilla.storage.testkit;

import dev.flotilla.storage.StorageEngineFactory;
import org.junit.jupiter.api.Nested;

/** The contract of {@code dev.flotilla.storage}, sentence by sentence. */
public abstract class StorageEngineContractTest {

  /** The engine under test; asked once per test. */
  protected abstract StorageEngineFactory factory();

  @Nested
  final class Appending extends AppendingContract {
    @Override
    StorageEngineFactory factory() {
      return StorageEngineContractTest.this.factory();
    }
  }

  @Nested
  final class Truncating extends TruncatingContract {
    @Override
    StorageEngineFactory factory() {
      return StorageEngineContractTest.this.factory();
    }
  }

  @Nested
  final class Reading extends ReadingContract {
    @Override
    StorageEngineFactory factory() {
      return StorageEngineContractTest.this.factory();
    }
  }

  @Nested
  final class Lending extends SliceContract {
    @Override
    StorageEngineFactory factory() {
      return StorageEngineContractTest.this.factory();
    }
  }

  @Nested
  final class Retention extends RetentionContract {
    @Override
    StorageEngineFactory factory() {
      return StorageEngineContractTest.this.factory();
    }
  }

  @Nested
  final class Compaction extends CompactionContract {
    @Override
    StorageEngineFactory factory() {
      return StorageEngineContractTest.this.factory();
    }
  }

  @Nested
  final class Lifecycle extends LifecycleContract {
    @Override
    StorageEngineFactory factory() {
      return StorageEngineContractTest.this.factory();
    }
  }

  @Nested
  final class Concurrency extends ConcurrencyContract {
    @Override
    StorageEngineFactory factory() {
      return StorageEngineContractTest.this.factory();
    }
  }
}
