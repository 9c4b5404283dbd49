package dev.flotilla.server.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;

final class GroupHandlersTest {

  @Test
  void shouldServeTheVersionsThatKafkaServes() {
    try (var fixture = new GroupsFixture()) {
      Map<ApiKeys, List<Integer>> served =
          fixture.handlers().values().stream()
              .collect(
                  Collectors.toMap(
                      handler -> handler.api(),
                      handler ->
                          List.of((int) handler.oldestVersion(), (int) handler.latestVersion())));

      assertThat(served)
          .containsExactlyInAnyOrderEntriesOf(
              Map.ofEntries(
                  Map.entry(ApiKeys.FIND_COORDINATOR, List.of(0, 6)),
                  Map.entry(ApiKeys.JOIN_GROUP, List.of(0, 9)),
                  Map.entry(ApiKeys.SYNC_GROUP, List.of(0, 5)),
                  Map.entry(ApiKeys.HEARTBEAT, List.of(0, 4)),
                  Map.entry(ApiKeys.LEAVE_GROUP, List.of(0, 5)),
                  Map.entry(ApiKeys.OFFSET_COMMIT, List.of(2, 10)),
                  Map.entry(ApiKeys.OFFSET_FETCH, List.of(1, 10)),
                  Map.entry(ApiKeys.OFFSET_DELETE, List.of(0, 0)),
                  Map.entry(ApiKeys.CONSUMER_GROUP_HEARTBEAT, List.of(0, 1)),
                  Map.entry(ApiKeys.CONSUMER_GROUP_DESCRIBE, List.of(0, 1)),
                  Map.entry(ApiKeys.LIST_GROUPS, List.of(0, 5)),
                  Map.entry(ApiKeys.DESCRIBE_GROUPS, List.of(0, 6)),
                  Map.entry(ApiKeys.DELETE_GROUPS, List.of(0, 2))));
    }
  }
}
