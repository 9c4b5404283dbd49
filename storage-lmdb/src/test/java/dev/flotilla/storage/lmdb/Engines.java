package dev.flotilla.storage.lmdb;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.WriteSet;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Engines for tests, and what tests do with their logs. */
final class Engines {

  private Engines() {}

  static LmdbEngine open(Path directory) {
    return open(directory, Device.REAL, Map.of());
  }

  static LmdbEngine open(Path directory, Device device, Map<String, String> settings) {
    return open(directory, device, settings, FlushListener.NONE);
  }

  static LmdbEngine open(
      Path directory, Device device, Map<String, String> settings, FlushListener listener) {
    return LmdbEngine.open(directory, config(directory, settings, listener), device);
  }

  static EngineConfig config(Path directory, Map<String, String> settings, FlushListener listener) {
    return EngineConfig.of(
        new EngineContext(directory, FlushMode.COMMIT, 1 << 20, 1 << 20, settings, listener));
  }

  /** Changes rows of an environment that nobody has open. */
  static void change(Path directory, Consumer<Changes> change) {
    EngineConfig config = config(directory, Map.of(), FlushListener.NONE);
    try (Environment environment =
        Environment.open(directory.resolve(EnvironmentFiles.ENVIRONMENT), config)) {
      environment.write(
          Long.MAX_VALUE,
          changes -> {
            change.accept(changes);
            changes.commit();
          });
    }
  }

  static void append(LogStore log, List<Entry> entries) throws Exception {
    await(log.write(WriteSet.append(entries)));
  }

  static void await(CompletableFuture<Void> write) throws Exception {
    write.get(60, TimeUnit.SECONDS);
  }

  static void failsWith(
      CompletableFuture<Void> write, Class<? extends Throwable> type, String text) {
    assertThatThrownBy(() -> write.get(60, TimeUnit.SECONDS))
        .cause()
        .isInstanceOf(type)
        .hasMessageContaining(text);
  }

  /** The base of a log once everything up to and including an entry of it is dropped. */
  static LogBase baseBehind(LogStore log, long index) {
    EntryHeader header = log.header(index);
    return new LogBase(index, header.term(), header.endOffset(), header.digest());
  }

  /** Copies of all entries that a log shows. */
  static List<Entry> shown(LogStore log) {
    List<Entry> entries = new ArrayList<>();
    for (long index = log.base().index() + 1; index < log.endIndex(); index++) {
      try (Slice slice = log.payload(index)) {
        ByteBuffer payload = ByteBuffer.allocate(slice.bytes());
        slice.buffers().forEach(part -> payload.put(part.duplicate()));
        entries.add(new Entry(log.header(index), payload.flip()));
      }
    }
    return entries;
  }
}
