package dev.flotilla.server.cli;

import dev.flotilla.server.config.InvalidConfigException;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** Properties files with Kafka's names. */
final class Settings {

  private Settings() {}

  /**
   * Reads one.
   *
   * @throws InvalidConfigException if it cannot be read, with the reason in one line
   */
  static Map<String, String> read(Path file) throws InvalidConfigException {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    } catch (NoSuchFileException e) {
      throw new InvalidConfigException("there is no file " + file);
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidConfigException("file " + file + " cannot be read: " + e.getMessage());
    }
    Map<String, String> settings = new TreeMap<>();
    properties
        .stringPropertyNames()
        .forEach(key -> settings.put(key, properties.getProperty(key).trim()));
    return settings;
  }
}
