package dev.flotilla.storage.testkit;

/** How often random tests try: little in everyday builds, much where there is time. */
final class Tries {

  private Tries() {}

  /** Whether the system property {@code flotilla.tests} asks for the long run. */
  static boolean isLong() {
    return "long".equals(System.getProperty("flotilla.tests"));
  }

  static int of(int everyday, int longRun) {
    return isLong() ? longRun : everyday;
  }
}
