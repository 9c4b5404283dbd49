/** Kafka's group coordinator on our partitions. */
@NullMarked
package dev.flotilla.server.group;

import org.jspecify.annotations.NullMarked;
