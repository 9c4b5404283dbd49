package dev.flotilla.storage;

/**
 * Opens engines of one kind. The only type an engine's module exports, registered as a {@link
 * java.util.ServiceLoader} service.
 */
public interface StorageEngineFactory {

  /**
   * What {@code storage.engine} says to choose this engine: lower case letters, digits and dashes.
   */
  String name();

  /**
   * Opens the engine on a directory, creating it when absent. The engine owns everything below the
   * directory until it is closed. Cheap: no log is read before {@link StorageEngine#open}.
   *
   * @throws StorageException when the directory cannot be used
   */
  StorageEngine open(EngineContext context);
}
