package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.testkit.InMemoryEngineFactory;
import dev.flotilla.storage.testkit.InMemoryEngineFactory.Completion;
import dev.flotilla.storage.testkit.StorageEnginesDifferenceTest;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;

/** The engines that come with Flotilla, and the oracle. */
final class EnginesDifferenceTest extends StorageEnginesDifferenceTest {

  private static final Set<String> NAMES = Set.of(ConvertedReplica.MMAP, ConvertedReplica.LMDB);

  @Override
  protected List<StorageEngineFactory> factories() {
    List<StorageEngineFactory> found = new ArrayList<>();
    found.add(new InMemoryEngineFactory(Completion.ON_ENGINE_THREAD));
    for (StorageEngineFactory factory : ServiceLoader.load(StorageEngineFactory.class)) {
      if (NAMES.contains(factory.name())) {
        found.add(factory);
      }
    }
    assertThat(found).hasSize(1 + NAMES.size());
    return found;
  }
}
