package dev.flotilla.benchmarks.subject;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.StorageEngineFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;

/** Subjects by name: every engine of the class path, and the baselines. */
public final class Subjects {

  /** Appends to a file, preallocated where appends are synced. */
  public static final String FILE = "file";

  /** Copies into a memory map of a preallocated file. */
  public static final String MAPPED = "mapped";

  /** LMDB by itself: one key for each payload. */
  public static final String RAW_LMDB = "raw-lmdb";

  /** Kafka's own log segments. */
  public static final String KAFKA = "kafka";

  public static final String ROCKSDB = "rocksdb";

  public static final String CHRONICLE = "chronicle";

  /** The largest entry that an engine must take: a payload and its header. */
  private static final int MAX_ENTRY_BYTES = SubjectContext.LARGEST_PAYLOAD_BYTES + (64 << 10);

  private Subjects() {}

  public static List<String> baselines() {
    return List.of(FILE, MAPPED, RAW_LMDB, KAFKA, ROCKSDB, CHRONICLE);
  }

  /** The names of the engines on the class path, sorted. */
  public static List<String> engines() {
    return ServiceLoader.load(StorageEngineFactory.class).stream()
        .map(provider -> provider.get().name())
        .sorted()
        .toList();
  }

  /**
   * Opens a subject on its directory, which is created when absent.
   *
   * @throws IllegalArgumentException if neither an engine nor a baseline has the name
   */
  public static Subject open(String name, SubjectContext context) {
    try {
      Files.createDirectories(context.directory());
      return switch (name) {
        case FILE -> new FileSubject(context);
        case MAPPED -> new MappedSubject(context);
        case RAW_LMDB -> new RawLmdbSubject(context);
        case KAFKA -> new KafkaSubject(context);
        case ROCKSDB -> new RocksSubject(context);
        case CHRONICLE -> new ChronicleSubject(context);
        default -> new EngineSubject(engine(name).open(engineContext(context)));
      };
    } catch (IOException e) {
      throw new UncheckedIOException(name + " cannot be opened in " + context.directory(), e);
    }
  }

  /** What engines are opened with, here and by whoever opens one by itself. */
  public static EngineContext engineContext(SubjectContext context) {
    return new EngineContext(
        context.directory(),
        context.flushMode(),
        SubjectContext.SEGMENT_BYTES,
        MAX_ENTRY_BYTES,
        Map.of(),
        FlushListener.NONE);
  }

  /** The factory of the engine with this name. */
  public static StorageEngineFactory engine(String name) {
    return ServiceLoader.load(StorageEngineFactory.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(factory -> factory.name().equals(name))
        .findAny()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "no engine and no baseline is called %s; there are %s and %s"
                    .formatted(
                        name, String.join(", ", engines()), String.join(", ", baselines()))));
  }
}
