/** x. */
@NullMarked
package dev.flotilla.server;

import org.jspecify.annotations.NullMarked;
