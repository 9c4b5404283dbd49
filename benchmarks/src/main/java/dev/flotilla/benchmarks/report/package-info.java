/**
 * What is made of results: figures read from JMH's JSON, the table of the figures to reach, ratios
 * to baselines, pictures. All of it can be made again from the JSON alone.
 */
@NullMarked
package dev.flotilla.benchmarks.report;

import org.jspecify.annotations.NullMarked;
