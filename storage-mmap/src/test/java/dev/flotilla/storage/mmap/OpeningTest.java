package dev.flotilla.storage.mmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.TestEntries;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What opening makes of the files of a log. */
final class OpeningTest {

  private final LogId id = LogId.random();

  @TempDir Path directory;

  /** Two segments; 40 entries, of which the second holds the last. */
  @BeforeEach
  void writeALog() throws Exception {
    try (MmapEngine engine = Engines.open(directory)) {
      LogStore log = engine.create(id, LogBase.ORIGIN);
      Engines.append(log, TestEntries.behind(LogBase.ORIGIN, 1).several(17, 60_000));
      Engines.append(log, TestEntries.behind(log, 1).several(13, 60_000));
    }
  }

  @Test
  void shouldFindDamageWhereTheNewestSegmentIsMissing() throws Exception {
    Path newest = files(".segment").getLast();
    Files.delete(newest);
    try (MmapEngine engine = Engines.open(directory)) {

      assertThatThrownBy(() -> engine.open(id))
          .isInstanceOfSatisfying(
              CorruptLogException.class, damage -> assertThat(damage.index()).isEqualTo(17))
          .hasMessageContaining(String.valueOf(newest.getFileName()));
      assertThat(files(".segment")).doesNotContain(newest);
      assertThat(engine.openCutAt(id, 17).endIndex()).isEqualTo(17);
    }
  }

  @Test
  void shouldTakeAFileOfAnotherNameForNoManifest() throws Exception {
    Files.createFile(directory.resolve(id.toString()).resolve("manifest-1.bak"));
    try (MmapEngine engine = Engines.open(directory)) {
      assertThat(engine.open(id).endIndex()).isEqualTo(30);
    }
  }

  @Test
  void shouldRefuseALogOfTheFirstFormatAndLeaveItAlone() throws Exception {
    Path manifest = files("manifest-").getLast();
    ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(manifest));
    byte[] magic = "FLOTLOG1".getBytes(StandardCharsets.US_ASCII);
    content.put(0, magic).put(content.limit() / 2, magic);
    Files.write(manifest, content.array());
    List<Path> files = files("");
    try (MmapEngine engine = Engines.open(directory)) {

      assertThat(engine.logs()).containsExactly(id);
      assertThatThrownBy(() -> engine.open(id))
          .isInstanceOf(StorageException.class)
          .isNotInstanceOf(CorruptLogException.class)
          .hasMessageContaining(id.toString())
          .hasMessageContaining("earlier version");
    }
    assertThat(files("")).isEqualTo(files);
    assertThat(Files.readAllBytes(manifest)).isEqualTo(content.array());
  }

  @Test
  void shouldDoWithoutALookupFileThatCannotBeRead() throws Exception {
    try (MmapEngine engine =
        Engines.open(
            directory,
            (file, options) -> {
              if (file.toString().endsWith(".lookup")
                  && List.of(options).contains(StandardOpenOption.READ)) {
                throw new IOException("Input/output error");
              }
              return FileChannel.open(file, options);
            })) {
      LogStore log = engine.open(id);
      assertThat(log.endIndex()).isEqualTo(30);
      log.payload(29).close();
    }
  }

  /** A process that ended behind the renaming may have left the new name in memory only. */
  @Test
  void shouldKeepTheOlderManifestUntilTheNewerOneIsDurable() throws Exception {
    Path log = directory.resolve(id.toString());
    Path older = files("manifest-").getFirst();
    byte[] content = Files.readAllBytes(older);
    try (MmapEngine engine = Engines.open(directory)) {
      LogStore opened = engine.open(id);
      opened.write(WriteSet.truncate(20)).get(60, TimeUnit.SECONDS);
    }
    Files.write(older, content);
    try (MmapEngine engine =
        Engines.open(
            directory,
            (file, options) -> {
              if (file.equals(log)) {
                throw new IOException("Input/output error");
              }
              return FileChannel.open(file, options);
            })) {

      assertThatThrownBy(() -> engine.open(id)).isInstanceOf(StorageException.class);
      assertThat(older).exists();
    }
  }

  /** What is cut unseen is still the log's until a manifest says that it is not. */
  @Test
  void shouldKeepWhatACutWouldRemoveUntilTheCutIsDurable() throws Exception {
    try (MmapEngine engine = Engines.open(directory)) {
      LogStore log = engine.open(id);
      for (int i = 0; i < 3; i++) {
        Engines.append(log, TestEntries.behind(log, 1).several(1, 100));
      }
    }
    try (MmapEngine engine =
        Engines.open(
            directory,
            (file, options) -> {
              if (file.toString().endsWith(".next")) {
                throw new IOException("Input/output error");
              }
              return FileChannel.open(file, options);
            })) {
      assertThatThrownBy(() -> engine.openCutAt(id, 25)).isInstanceOf(StorageException.class);
    }
    try (MmapEngine engine = Engines.open(directory)) {
      assertThat(engine.open(id).endIndex()).isEqualTo(33);
    }
  }

  private List<Path> files(String text) throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve(id.toString()))) {
      return files.filter(file -> file.getFileName().toString().contains(text)).sorted().toList();
    }
  }
}
