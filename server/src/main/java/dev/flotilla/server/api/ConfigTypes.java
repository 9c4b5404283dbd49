package dev.flotilla.server.api;

import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;
import org.jspecify.annotations.Nullable;

/** What the protocol calls the types of settings. */
final class ConfigTypes {

  private ConfigTypes() {}

  static byte of(ConfigDef.@Nullable Type type) {
    return type == null ? ConfigType.UNKNOWN.id() : ConfigType.valueOf(type.name()).id();
  }
}
