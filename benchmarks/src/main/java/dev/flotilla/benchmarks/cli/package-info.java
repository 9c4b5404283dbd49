/** {@code bin/flotilla bench}. */
@NullMarked
package dev.flotilla.benchmarks.cli;

import org.jspecify.annotations.NullMarked;
