/** The commands of {@code bin/flotilla}. */
@NullMarked
package dev.flotilla.server.cli;

import org.jspecify.annotations.NullMarked;
