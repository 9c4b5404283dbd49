package dev.flotilla.server.network;

import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.utils.Time;

/**
 * What all loops of a node share.
 *
 * @param selectorMetrics where Kafka's selectors record; nobody reports them
 */
record NetworkParts(
    NetworkConfig config,
    ServedApis apis,
    RequestMemory memory,
    ConnectionLimits limits,
    NetworkMetrics metrics,
    Metrics selectorMetrics,
    Time time) {}
