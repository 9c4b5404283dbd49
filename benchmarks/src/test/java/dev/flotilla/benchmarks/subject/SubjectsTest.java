package dev.flotilla.benchmarks.subject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.storage.FlushMode;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SubjectsTest {

  private static final int PAYLOAD_BYTES = 1024;

  @TempDir Path directory;

  static Stream<String> names() {
    return Stream.concat(Subjects.engines().stream(), Subjects.baselines().stream());
  }

  private Subject open(String name, FlushMode flushMode) {
    return Subjects.open(name, new SubjectContext(directory, flushMode, 1 << 20));
  }

  @ParameterizedTest
  @MethodSource("names")
  void shouldReadWhatWasAppended(String name) {
    try (Subject subject = open(name, FlushMode.UNSAFE_OS)) {
      // given
      SubjectLog log = subject.newLog();
      Payloads payloads = new Payloads(PAYLOAD_BYTES, 10);
      for (int i = 0; i < 4; i++) {
        log.append(payloads.next()).join();
      }

      // then
      assertThat(log.read(0, 20 * PAYLOAD_BYTES)).isEqualTo(20 * PAYLOAD_BYTES);
      assertThat(log.read(20, 20 * PAYLOAD_BYTES)).isEqualTo(20 * PAYLOAD_BYTES);
      assertThat(log.read(39, PAYLOAD_BYTES)).isEqualTo(PAYLOAD_BYTES);
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void shouldReadAPayloadThatIsLargerThanTheLimit(String name) {
    try (Subject subject = open(name, FlushMode.UNSAFE_OS)) {
      // given
      SubjectLog log = subject.newLog();
      log.append(new Payloads(PAYLOAD_BYTES, 2).next()).join();

      // then
      assertThat(log.read(1, 100)).isEqualTo(PAYLOAD_BYTES);
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void shouldFindWhereAnOffsetLies(String name) {
    try (Subject subject = open(name, FlushMode.UNSAFE_OS)) {
      // given
      SubjectLog log = subject.newLog();
      log.append(new Payloads(PAYLOAD_BYTES, 30).next()).join();

      // then
      assertThat(log.find(20)).isGreaterThan(log.find(10)).isLessThan(log.find(29));
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void shouldKeepLogsApartAndSyncThem(String name) {
    try (Subject subject = open(name, FlushMode.COMMIT)) {
      // given
      SubjectLog first = subject.newLog();
      SubjectLog second = subject.newLog();

      // when
      first.append(new Payloads(PAYLOAD_BYTES, 3).next()).join();
      second.append(new Payloads(2 * PAYLOAD_BYTES, 3).next()).join();

      // then
      assertThat(first.read(2, PAYLOAD_BYTES)).isEqualTo(PAYLOAD_BYTES);
      assertThat(second.read(2, PAYLOAD_BYTES)).isEqualTo(2 * PAYLOAD_BYTES);
    }
  }

  @Test
  void shouldNameWhatThereIsWhenNothingHasTheName() {
    assertThatThrownBy(() -> open("no-such", FlushMode.COMMIT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("mmap")
        .hasMessageContaining("rocksdb");
  }
}
