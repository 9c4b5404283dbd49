/** A partition as Kafka sees it, on a replicated log. */
@NullMarked
package dev.flotilla.server.partition;

import org.jspecify.annotations.NullMarked;
