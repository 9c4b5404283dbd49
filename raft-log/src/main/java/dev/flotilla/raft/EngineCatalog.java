package dev.flotilla.raft;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageEngineFactory;
import dev.flotilla.storage.StorageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The storage engines of a node by name: those on the class path and those in jars of a plugins
 * directory. An engine is opened when it is first asked for, once, on {@code engines/NAME} below
 * the node's directory. One that keeps no log any more is {@link #retire retired}.
 *
 * <p>Any thread may call any method.
 */
final class EngineCatalog implements AutoCloseable {

  /** Ends the name of an engine's directory that is being deleted. */
  private static final String RETIRED = ".retired";

  private final RaftNodeConfig config;
  private final Function<String, FlushListener> listeners;
  private final URLClassLoader plugins;
  private final Map<String, StorageEngineFactory> factories;
  private final Map<String, StorageEngine> opened = new HashMap<>();

  /** Shared by those who create logs, taken alone by who retires an engine. */
  private final ReentrantReadWriteLock creation = new ReentrantReadWriteLock();

  private boolean closed;

  /**
   * Finds the engines; opens none.
   *
   * @param pluginDirectory where jars with engines lie; a directory that does not exist holds none
   * @param listeners who is told of the flushes of an engine, by its name
   * @throws IllegalStateException if two engines have the same name, or a plugin cannot be loaded
   * @throws UncheckedIOException if the plugins cannot be listed
   */
  EngineCatalog(
      RaftNodeConfig config,
      Optional<Path> pluginDirectory,
      Function<String, FlushListener> listeners) {
    this.config = config;
    this.listeners = listeners;
    this.plugins =
        new URLClassLoader(
            "plugins",
            pluginDirectory.map(EngineCatalog::jars).orElse(List.of()).toArray(URL[]::new),
            EngineCatalog.class.getClassLoader());
    this.factories = find(plugins);
  }

  /** The names of the engines that were found, sorted. */
  Set<String> names() {
    return factories.keySet();
  }

  /**
   * The engine of a name, opened if this is the first call.
   *
   * @throws IllegalArgumentException if there is no such engine
   * @throws dev.flotilla.storage.StorageException if it cannot be opened; a later call tries again
   */
  synchronized StorageEngine engine(String name) {
    if (closed) {
      throw new IllegalStateException("the engines are closed");
    }
    StorageEngine engine = opened.get(name);
    if (engine == null) {
      StorageEngineFactory factory = factories.get(name);
      if (factory == null) {
        throw new IllegalArgumentException(
            "no storage engine is called '%s'; there are %s".formatted(name, names()));
      }
      try {
        DurableFile.createDirectories(directory(name));
      } catch (IOException e) {
        throw new StorageException("cannot open " + directory(name) + ": " + e, e);
      }
      engine = open(factory, context(name));
      opened.put(name, engine);
    }
    return engine;
  }

  /** Whatever an engine that somebody else has written fails with. */
  private static StorageEngine open(StorageEngineFactory factory, EngineContext context) {
    try {
      return factory.open(context);
    } catch (StorageException | IllegalArgumentException e) {
      throw e;
    } catch (RuntimeException | LinkageError e) {
      throw new StorageException("storage engine " + factory.name() + " does not open: " + e, e);
    }
  }

  /** The names of the engines here that have kept logs, and may do so still; sorted. */
  Set<String> used() {
    Set<String> used = new TreeSet<>();
    for (String name : names()) {
      if (Files.isDirectory(directory(name))) {
        used.add(name);
      }
    }
    return used;
  }

  /** Where an engine keeps what is its own. */
  Path directory(String name) {
    return config.directory().resolve("engines").resolve(name);
  }

  /**
   * Held by a thread from before it takes an engine until the log that it creates there is in it:
   * no engine is retired meanwhile.
   */
  Lock creation() {
    return creation.readLock();
  }

  /**
   * Closes an engine that keeps no log and removes its directory: some never give space back
   * otherwise. Does nothing if it keeps any, or while a log is being created in some engine. After
   * a crash in the middle it is done, or {@link #sweep} finishes it.
   *
   * @throws IOException if the directory cannot be removed
   */
  void retire(String name) throws IOException {
    if (!creation.writeLock().tryLock()) {
      return;
    }
    try {
      if (!Files.isDirectory(directory(name)) || !engine(name).logs().isEmpty()) {
        return;
      }
      synchronized (this) {
        try {
          engine(name).close();
        } finally {
          opened.remove(name);
        }
      }
      // An engine that finds a part of its files may take it for damage.
      Path retired = directory(name).resolveSibling(name + RETIRED);
      ReplicaDirectory.deleteTree(retired);
      Files.move(directory(name), retired, StandardCopyOption.ATOMIC_MOVE);
      DurableFile.syncDirectory(config.directory().resolve("engines"));
      ReplicaDirectory.deleteTree(retired);
    } finally {
      creation.writeLock().unlock();
    }
  }

  /** Finishes what a crash has left of engines that were being retired. */
  void sweep() throws IOException {
    for (String name : names()) {
      ReplicaDirectory.deleteTree(directory(name).resolveSibling(name + RETIRED));
    }
  }

  /**
   * Closes the engines that are open, all of them even if one fails. Closing twice does nothing.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    RuntimeException failure = null;
    for (StorageEngine engine : opened.values()) {
      try {
        engine.close();
      } catch (RuntimeException e) {
        failure = joined(failure, e);
      }
    }
    try {
      plugins.close();
    } catch (IOException e) {
      failure = joined(failure, new UncheckedIOException(e));
    }
    if (failure != null) {
      throw failure;
    }
  }

  private EngineContext context(String name) {
    return new EngineContext(
        directory(name),
        config.flushMode(),
        config.segmentBytes(),
        config.maxEntryBytes(),
        config.engineSettings().getOrDefault(name, Map.of()),
        listeners.apply(name));
  }

  private static Map<String, StorageEngineFactory> find(ClassLoader loader) {
    Map<String, StorageEngineFactory> found = new TreeMap<>();
    try {
      for (StorageEngineFactory factory : ServiceLoader.load(StorageEngineFactory.class, loader)) {
        StorageEngineFactory other = found.put(factory.name(), factory);
        if (other != null) {
          throw new IllegalStateException(
              "two storage engines are called '%s': %s and %s"
                  .formatted(
                      factory.name(), other.getClass().getName(), factory.getClass().getName()));
        }
      }
    } catch (ServiceConfigurationError | LinkageError e) {
      throw new IllegalStateException("a storage engine cannot be loaded: " + e.getMessage(), e);
    }
    return Collections.unmodifiableMap(found);
  }

  private static List<URL> jars(Path directory) {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.toString().endsWith(".jar"))
          .sorted()
          .map(EngineCatalog::url)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list the plugins in " + directory, e);
    }
  }

  private static URL url(Path jar) {
    try {
      return jar.toUri().toURL();
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException(jar + " cannot be a class path", e);
    }
  }

  private static RuntimeException joined(@Nullable RuntimeException first, RuntimeException next) {
    if (first == null) {
      return next;
    }
    first.addSuppressed(next);
    return first;
  }
}
