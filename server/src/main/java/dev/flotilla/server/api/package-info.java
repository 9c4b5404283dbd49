/** One handler for each Kafka API. */
@NullMarked
package dev.flotilla.server.api;

import org.jspecify.annotations.NullMarked;
