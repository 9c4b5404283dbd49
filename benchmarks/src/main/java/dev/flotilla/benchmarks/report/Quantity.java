package dev.flotilla.benchmarks.report;

import java.util.Locale;

/** Numbers as people read them: three digits that count, and a unit near them. */
final class Quantity {

  private static final double NANOS_PER_MICRO = 1e3;
  private static final double NANOS_PER_MILLI = 1e6;
  private static final double NANOS_PER_SECOND = 1e9;

  private Quantity() {}

  /** A figure's score. */
  static String of(Figure figure) {
    return of(figure.score(), figure.unit());
  }

  static String of(double value, String unit) {
    return switch (unit) {
      case "ops/s" -> digits(value) + "/s";
      case "ns/op" -> time(value);
      case "us/op" -> time(value * NANOS_PER_MICRO);
      case "ms/op" -> time(value * NANOS_PER_MILLI);
      case "s/op" -> time(value * NANOS_PER_SECOND);
      default -> digits(value) + " " + unit;
    };
  }

  private static String time(double nanos) {
    if (nanos < NANOS_PER_MICRO) {
      return digits(nanos) + " ns";
    }
    if (nanos < NANOS_PER_MILLI) {
      return digits(nanos / NANOS_PER_MICRO) + " µs";
    }
    return nanos < NANOS_PER_SECOND
        ? digits(nanos / NANOS_PER_MILLI) + " ms"
        : digits(nanos / NANOS_PER_SECOND) + " s";
  }

  /** Three digits, more of a large number. */
  static String digits(double value) {
    int decimals = value < 10 ? 2 : value < 100 ? 1 : 0;
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }

  /** How often something fits. */
  static String times(double ratio) {
    return String.format(Locale.ROOT, "%.2f", ratio);
  }
}
