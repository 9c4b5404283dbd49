package dev.flotilla.server.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.raft.Voter;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class AssignmentTest {

  @Test
  void shouldNameTheLostDirectoryInTheFirstConfiguration(@TempDir Path directory) {
    // given: a topic is created for directories of which one is lost before its node hears of it
    Assignment assignment;
    try (var node = new RebuildFixture(directory)) {
      assignment = node.rebuilds().assignment(node.topic(), 0).orElseThrow();
    }

    // when: a node makes the first configuration after that one came back with another
    var voters =
        assignment
            .firstVoters(
                each -> Optional.of(new Voter(each + "-present", each, "127.0.0.1", 7000 + each)))
            .orElseThrow();

    // then
    assertThat(voters).extracting(Voter::nodeId).isEqualTo(assignment.nodes());
    assertThat(voters)
        .extracting(Voter::peerId)
        .containsExactlyInAnyOrder(
            "1-" + RebuildFixture.HERE,
            "2-" + RebuildFixture.directoryOf(2),
            "3-" + RebuildFixture.directoryOf(3));
    assertThat(assignment.firstVoters(each -> Optional.empty())).isEmpty();
  }
}
