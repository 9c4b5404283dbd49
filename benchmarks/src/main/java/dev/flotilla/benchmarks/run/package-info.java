/**
 * Which benchmarks are run, in which order, and how: subjects take turns, one fork after the other,
 * so that what the machine does meanwhile befalls all of them.
 */
@NullMarked
package dev.flotilla.benchmarks.run;

import org.jspecify.annotations.NullMarked;
