package dev.flotilla.benchmarks.run;

import java.util.List;

/**
 * Measurements that belong together: run together, kept in one file, shown in one picture.
 *
 * @param name names them on the command line and on the disk
 * @param title says what they show
 */
public record Suite(String name, String title, List<Measurement> measurements) {

  public int forks() {
    return measurements.stream().mapToInt(Measurement::forks).sum();
  }
}
