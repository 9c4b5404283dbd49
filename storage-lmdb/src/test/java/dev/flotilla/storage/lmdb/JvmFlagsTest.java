package dev.flotilla.storage.lmdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.testkit.ChildJvm;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    List<String> all = new ArrayList<>(flags);
    all.add("--enable-native-access=ALL-UNNAMED");
    try (ChildJvm child =
        ChildJvm.start(all, Opening.class, directory.resolve("data").toString())) {
      return child.output();
    }
  }
}
