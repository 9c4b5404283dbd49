/**
 * What the cluster knows of itself: entities in a Raft group of their own, seen as Kafka's metadata
 * image.
 */
@NullMarked
package dev.flotilla.server.metadata;

import org.jspecify.annotations.NullMarked;
