/** How leaders bring back the replicas of their partitions that were damaged or lost. */
@NullMarked
package dev.flotilla.server.rebuild;

import org.jspecify.annotations.NullMarked;
