/**
 * The benchmarks. A class measures one thing of one subject at a time; {@link
 * dev.flotilla.benchmarks.run} decides with which parameters, and in which order subjects take
 * turns.
 */
@NullMarked
package dev.flotilla.benchmarks.jmh;

import org.jspecify.annotations.NullMarked;
