package dev.flotilla.storage.lmdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.StorageException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JvmFlagsTest {

  private static final String NIO = "--add-opens java.base/java.nio=ALL-UNNAMED";
  private static final String CHANNELS = "--add-opens java.base/sun.nio.ch=ALL-UNNAMED";

  @TempDir Path directory;

  @Test
  void shouldNameTheFlagThatIsMissing() {
    JvmFlags.check(_ -> true);
    assertThatThrownBy(() -> JvmFlags.check("java.nio"::equals))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining(CHANNELS)
        .hasMessageNotContaining(NIO);
    assertThatThrownBy(() -> JvmFlags.check(_ -> false)).hasMessageContaining(NIO + " " + CHANNELS);
  }

  /** Opens an engine; the failure's message goes to the output. */
  static final class Opening {
    private Opening() {}

    public static void main(String[] arguments) {
      EngineContext context =
          new EngineContext(
              Path.of(arguments[0]), FlushMode.COMMIT, 1, 1, Map.of(), FlushListener.NONE);
      try (var engine = new LmdbEngineFactory().open(context)) {
        System.out.println("opened " + engine.logs());
      } catch (StorageException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @Test
  void shouldOpenWithTheFlagsAndOnlyWithThem() throws Exception {
    assertThat(open(List.of())).contains(NIO + " " + CHANNELS);
    assertThat(open(List.of(NIO.replace(" ", "="), CHANNELS.replace(" ", "="))))
        .contains("opened []");
  }

  private String open(List<String> flags) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.addAll(List.of(Opening.class.getName(), directory.resolve("data").toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      return output;
    } finally {
      process.destroyForcibly();
    }
  }
}
