package dev.flotilla.server.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class OffsetsLoadTest {

  private static final int GROUPS = 40;
  private static final int COMMITS = 25;

  private final GroupsFixture fixture = new GroupsFixture();
  private final GroupClient client = new GroupClient(fixture);

  @BeforeEach
  void createTopic() {
    fixture.createTopic("orders", 1);
    fixture.elect(1);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void shouldLoadEveryGroupFromALogOfManyBatches() {
    for (int commit = 1; commit <= COMMITS; commit++) {
      long offset = commit;
      CompletableFuture<?>[] commits =
          IntStream.range(0, GROUPS)
              .mapToObj(group ->
                  CompletableFuture.runAsync(
                      () -> client.commit("group-" + group, "orders", offset + group)))
              .toArray(CompletableFuture<?>[]::new);
      Arrays.stream(commits).forEach(CompletableFuture::join);
    }
    assertThat(fixture.log(0).highWatermark() + fixture.log(1).highWatermark())
        .isEqualTo((long) GROUPS * COMMITS);

    fixture.resign(2);
    fixture.elect(3);

    for (int group = 0; group < GROUPS; group++) {
      assertThat(client.fetch("group-" + group, "orders")).isEqualTo(COMMITS + group);
    }
    assertThat(fixture.log(0).lentSlices() + fixture.log(1).lentSlices()).isZero();
  }

  @Test
  void shouldLoadWhatIsLeftBehindTheLogStart() {
    client.commit("g", "orders", 1);
    client.commit("g", "orders", 2);
    fixture.logOf("g").moveLogStart(1).join();

    fixture.resign(2);
    fixture.elect(3);

    assertThat(client.fetch("g", "orders")).isEqualTo(2);
    client.commit("g", "orders", 3);
    assertThat(client.fetch("g", "orders")).isEqualTo(3);
  }

  @Test
  void shouldGoOnAtTheLogEndWhenNoRecordIsLeft() {
    client.commit("g", "orders", 1);
    fixture.logOf("g").moveLogStart(1).join();

    fixture.resign(2);
    fixture.elect(3);

    assertThat(client.fetch("g", "orders")).isEqualTo(-1);
    client.commit("g", "orders", 2);
    assertThat(client.fetch("g", "orders")).isEqualTo(2);
  }
}
