package dev.flotilla.server.e2e;

import java.util.Map;

/** The same of a node that keeps its logs in the engine lmdb. */
final class OneLmdbNodeTest extends OneNodeTest {

  @Override
  Map<String, String> settings() {
    return Map.of("storage.engine", "lmdb");
  }
}
