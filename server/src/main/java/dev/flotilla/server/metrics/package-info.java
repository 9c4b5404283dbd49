/** What the node tells of itself over HTTP. */
@NullMarked
package dev.flotilla.server.metrics;

import org.jspecify.annotations.NullMarked;
