package dev.flotilla.server.api;

import java.util.List;
import org.apache.kafka.common.acl.AclOperation;

/** What a client may do with a group: everything, as long as nobody is asked for permission. */
final class GroupOperations {

  private static final List<AclOperation> ON_GROUPS =
      List.of(
          AclOperation.READ,
          AclOperation.DESCRIBE,
          AclOperation.DELETE,
          AclOperation.DESCRIBE_CONFIGS,
          AclOperation.ALTER_CONFIGS);

  /** All of them in Kafka's bit field. */
  static final int ALL =
      ON_GROUPS.stream().mapToInt(operation -> 1 << operation.code()).reduce(0, (a, b) -> a | b);

  private GroupOperations() {}
}
