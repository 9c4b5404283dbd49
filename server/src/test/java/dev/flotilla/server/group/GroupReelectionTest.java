package dev.flotilla.server.group;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class GroupReelectionTest {

  private final GroupsFixture fixture = new GroupsFixture();
  private final GroupClient client = new GroupClient(fixture);

  @BeforeEach
  void createTopic() {
    fixture.createTopic("orders", 1);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void shouldKnowACommittedOffsetAfterAReelection() {
    fixture.elect(1);
    client.commit("g", "orders", 42);

    fixture.resign(2);
    fixture.elect(3);

    assertThat(client.fetch("g", "orders")).isEqualTo(42);
  }
}
