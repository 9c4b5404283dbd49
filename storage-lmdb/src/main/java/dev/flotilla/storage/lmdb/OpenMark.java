package dev.flotilla.storage.lmdb;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that is there while an engine is open. After a process that did not close its engine it is
 * there still, and tells whether LMDB may have ended that process: a JVM that crashes in native
 * code writes a report, where and under which name is known beforehand; and an assertion of LMDB's
 * that fails is noted. A kill and a power loss leave neither.
 *
 * <pre>
 * ends=2                            so many processes before this one did not close the engine
 * report=/data/hs_err_pid4711.log   where the JVM writes if it crashes: the first that it can
 * report=/tmp/hs_err_pid4711.log
 * failed=mdb.c:2185: Assertion 'rc == 0' failed in mdb_page_dirty()
 * </pre>
 *
 * <p>It is not synced: a native crash leaves what was written. What cannot be read of it, or
 * written to it, is left out.
 */
final class OpenMark {

  private static final Logger LOG = LoggerFactory.getLogger(OpenMark.class);

  static final String NAME = "open.mark";

  private static final String ENDS = "ends=";
  private static final String REPORT = "report=";
  private static final String FAILED = "failed=";

  private final Path file;

  OpenMark(Path file) {
    this.file = file;
  }

  /**
   * How the process ended that had the engine open last.
   *
   * @param ends how many did not close it, one after the other, this one included; 0 if it did
   * @param crashed whether the JVM has reported a crash, or LMDB that it ends the process
   */
  record LastEnd(int ends, boolean crashed) {

    static final LastEnd CLOSED = new LastEnd(0, false);
  }

  /** What an earlier process has left. */
  LastEnd lastEnd() {
    if (Files.notExists(file)) {
      return LastEnd.CLOSED;
    }
    int ends = 0;
    boolean crashed = false;
    try {
      FileTime opened = Files.getLastModifiedTime(file);
      String text = Files.readString(file, StandardCharsets.ISO_8859_1);
      for (String line : text.lines().toList()) {
        if (line.startsWith(ENDS)) {
          ends = Integer.parseUnsignedInt(line, ENDS.length(), line.length(), 10);
        } else if (line.startsWith(FAILED)) {
          crashed = true;
        } else if (line.startsWith(REPORT)) {
          crashed |=
              isSince(
                  opened,
                  new String(
                      line.substring(REPORT.length()).getBytes(StandardCharsets.ISO_8859_1),
                      StandardCharsets.UTF_8));
        }
      }
    } catch (IOException | NumberFormatException e) {
      LOG.warn("{} cannot be read: {}", file, e.toString());
    }
    return new LastEnd(ends + 1, crashed);
  }

  /** An older report is of another process that had the same number. */
  private static boolean isSince(FileTime opened, String report) throws IOException {
    try {
      Path path = Path.of(report);
      return Files.exists(path) && Files.getLastModifiedTime(path).compareTo(opened) >= 0;
    } catch (InvalidPathException damaged) {
      return false;
    }
  }

  /** Says from now on that the engine is open, behind so many that were not closed. */
  void set(int ends) {
    StringBuilder text = new StringBuilder(ENDS).append(ends).append('\n');
    reports().forEach(report -> text.append(REPORT).append(report).append('\n'));
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      LOG.warn(
          "{} cannot be written: after a crash nobody will know of it: {}", file, e.toString());
    }
  }

  /** Says that an assertion of LMDB's has failed, and with it the process. */
  void failed(String assertion) {
    LOG.error(
        "LMDB finds {} damaged and ends this process; the next start checks all of it: {}",
        file.resolveSibling(EnvironmentFiles.ENVIRONMENT),
        assertion);
    try {
      Files.writeString(file, FAILED + assertion.strip() + '\n', StandardOpenOption.APPEND);
    } catch (IOException e) {
      LOG.warn("{} cannot be written: the next start takes this for a kill", file, e);
    }
  }

  /** Where this JVM would write its report, in the order in which it tries. */
  private static List<Path> reports() {
    String pid = Long.toString(ProcessHandle.current().pid());
    String usual = "hs_err_pid" + pid + ".log";
    List<Path> reports = new ArrayList<>();
    String asked =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
            .getVMOption("ErrorFile")
            .getValue();
    if (asked != null && !asked.isBlank()) {
      reports.add(Path.of(asked.replace("%p", pid).replace("%%", "%")).toAbsolutePath());
    }
    reports.add(Path.of(usual).toAbsolutePath());
    reports.add(Path.of("/tmp", usual));
    return reports;
  }

  /** Says that the engine was closed. */
  void clear() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.warn("{} cannot be removed: the next start takes this one for killed", file, e);
    }
  }
}
