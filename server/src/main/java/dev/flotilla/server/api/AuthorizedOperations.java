package dev.flotilla.server.api;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.utils.Utils;

/** The bit fields that say what a client may do, for clients that ask: without ACLs, everything. */
final class AuthorizedOperations {

  /** What an answer says to a client that did not ask. */
  static final int NOT_ASKED = Integer.MIN_VALUE;

  static final int TOPIC =
      bits(
          AclOperation.READ,
          AclOperation.WRITE,
          AclOperation.CREATE,
          AclOperation.DESCRIBE,
          AclOperation.DELETE,
          AclOperation.ALTER,
          AclOperation.DESCRIBE_CONFIGS,
          AclOperation.ALTER_CONFIGS);

  static final int CLUSTER =
      bits(
          AclOperation.CREATE,
          AclOperation.CLUSTER_ACTION,
          AclOperation.DESCRIBE_CONFIGS,
          AclOperation.ALTER_CONFIGS,
          AclOperation.IDEMPOTENT_WRITE,
          AclOperation.ALTER,
          AclOperation.DESCRIBE);

  private AuthorizedOperations() {}

  private static int bits(AclOperation... operations) {
    return Utils.to32BitField(
        Arrays.stream(operations).map(AclOperation::code).collect(Collectors.toSet()));
  }
}
