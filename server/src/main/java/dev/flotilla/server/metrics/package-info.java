/**
 * What the node tells of itself over HTTP.
 *
 * <p>Every part of the node registers what it counts in one Dropwizard registry, under names listed
 * in docs/metrics.md. Here they are written in Prometheus' text format and served beside the node's
 * health. Names are stable; nothing here protects who may read them.
 */
@NullMarked
package dev.flotilla.server.metrics;

import org.jspecify.annotations.NullMarked;
