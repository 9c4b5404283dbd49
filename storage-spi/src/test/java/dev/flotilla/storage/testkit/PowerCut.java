package dev.flotilla.storage.testkit;

import dev.flotilla.storage.testkit.CrashRecorder.Interval;
import dev.flotilla.storage.testkit.DiskImage.Inode;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * What a crash may leave on a disk.
 *
 * <p><b>The fault model.</b> An engine tells {@link dev.flotilla.storage.FlushListener} of every
 * sync it relies on, when the sync has ended and before it writes what had to wait for it. Take the
 * files as they are at two such moments that follow each other, <em>synced</em> and
 * <em>written</em>. What is the same in both is safe. A crash between the two leaves of the rest
 * any mixture:
 *
 * <ul>
 *   <li>A page of 4 KiB in which the two differ holds the synced bytes, the written ones, of each
 *       sector of 512 bytes the one or the other, or, where bytes differ, zeros or garbage. Bytes
 *       that do not differ are never changed, also where an engine wrote them again.
 *   <li>A file that grew or shrank has the synced size, the written one, or one in between.
 *   <li>A new file is there or not, its bytes as above against zeros. A removed one is gone or
 *       still there. A file that was renamed, over another one or not, has its old name or the new,
 *       and so has what it replaced. Files are independent of each other.
 *   <li>A killed process leaves all that was written; a torn write leaves what was written up to
 *       some byte.
 * </ul>
 *
 * <p>Not in the model: a device that loses what it has synced, or changes what nobody wrote (the
 * corruption tests flip such bits); a sync that is missing altogether, since the kit sees the page
 * cache and takes what an engine tells of for synced ({@link StorageEngineSyncTest} sees the syncs
 * themselves); two processes in one directory.
 */
final class PowerCut {

  private static final int SECTOR_BYTES = 512;

  private final DiskImage synced;
  private final DiskImage written;
  private final SplittableRandom random;

  private PowerCut(DiskImage synced, DiskImage written, SplittableRandom random) {
    this.synced = synced;
    this.written = written;
    this.random = random;
  }

  /** One of the images that a crash between two moments may leave. */
  static DiskImage between(DiskImage synced, DiskImage written, SplittableRandom random) {
    return switch (random.nextInt(8)) {
      case 0 -> written;
      case 1 -> new PowerCut(synced, written, random).torn();
      default -> new PowerCut(synced, written, random).mixed();
    };
  }

  private DiskImage mixed() {
    Set<String> directories = new TreeSet<>(synced.directories());
    directories.addAll(written.directories());
    return new DiskImage(directories, mixedNames(), mixedFiles());
  }

  /** Names that change together, because a file moved from one to the other, do so here too. */
  private Map<String, Inode> mixedNames() {
    Map<String, Inode> names = new TreeMap<>();
    Map<Inode, Boolean> moved = new HashMap<>();
    Set<Inode> renamed = new HashSet<>(synced.names().values());
    renamed.retainAll(written.names().values());
    Set<String> all = new TreeSet<>(synced.names().keySet());
    all.addAll(written.names().keySet());
    for (String name : all) {
      Inode before = synced.names().get(name);
      Inode after = written.names().get(name);
      boolean takeNew;
      if (before != null && renamed.contains(before)) {
        takeNew = moved.computeIfAbsent(before, _ -> random.nextBoolean());
      } else if (after != null && renamed.contains(after)) {
        takeNew = moved.computeIfAbsent(after, _ -> random.nextBoolean());
      } else {
        takeNew = random.nextBoolean();
      }
      Inode inode = takeNew ? after : before;
      if (inode != null) {
        names.put(name, inode);
      }
    }
    return names;
  }

  private Map<Inode, FilePages> mixedFiles() {
    Map<Inode, FilePages> files = new HashMap<>(synced.files());
    written
        .files()
        .forEach((inode, after) ->
            files.put(inode, mix(files.getOrDefault(inode, FilePages.NONE), after)));
    return files;
  }

  private FilePages mix(FilePages before, FilePages after) {
    int size = between(before.size(), after.size());
    byte[] bytes = new byte[size];
    for (int position = 0; position < size; position += FilePages.PAGE_BYTES) {
      int number = position / FilePages.PAGE_BYTES;
      byte[] page = mix(before.page(number), after.page(number));
      System.arraycopy(page, 0, bytes, position, Math.min(page.length, size - position));
    }
    return FilePages.of(bytes, after);
  }

  private int between(int before, int after) {
    int low = Math.min(before, after);
    int high = Math.max(before, after);
    return switch (random.nextInt(4)) {
      case 0 -> before;
      case 1 -> low + random.nextInt(high - low + 1);
      default -> after;
    };
  }

  private byte[] mix(byte[] before, byte[] after) {
    if (Arrays.equals(before, after)) {
      return after;
    }
    byte[] page = after.clone();
    switch (random.nextInt(6)) {
      case 0, 1 -> {} // kept
      case 2 -> System.arraycopy(before, 0, page, 0, page.length);
      case 3 -> mixSectors(before, page);
      case 4 -> changeDifferent(before, page, new byte[page.length]);
      default -> {
        byte[] garbage = new byte[page.length];
        random.nextBytes(garbage);
        changeDifferent(before, page, garbage);
      }
    }
    return page;
  }

  private void mixSectors(byte[] before, byte[] page) {
    for (int sector = 0; sector < page.length; sector += SECTOR_BYTES) {
      if (random.nextBoolean()) {
        System.arraycopy(before, sector, page, sector, SECTOR_BYTES);
      }
    }
  }

  private static void changeDifferent(byte[] before, byte[] page, byte[] to) {
    for (int i = 0; i < page.length; i++) {
      if (before[i] != page[i]) {
        page[i] = to[i];
      }
    }
  }

  /** All that was written, but of one file only what lies before some byte of the change. */
  private DiskImage torn() {
    for (Inode inode : written.files().keySet()) {
      FilePages before = synced.files().getOrDefault(inode, FilePages.NONE);
      byte[] old = before.bytes();
      byte[] now = written.files().getOrDefault(inode, FilePages.NONE).bytes();
      int first = Arrays.mismatch(old, now);
      if (first >= 0) {
        int cut = first + random.nextInt(Math.max(0, lastMismatch(old, now) - first) + 1);
        return tornAt(synced, written, inode, cut);
      }
    }
    return written;
  }

  /** All that was written, but of one file only what lies before a position. */
  static DiskImage tornAt(DiskImage synced, DiskImage written, Inode inode, int position) {
    byte[] now = written.files().getOrDefault(inode, FilePages.NONE).bytes();
    byte[] old = synced.files().getOrDefault(inode, FilePages.NONE).bytes();
    byte[] padded = Arrays.copyOf(old, now.length);
    System.arraycopy(padded, position, now, position, now.length - position);
    int size = Math.max(position, Math.min(old.length, now.length));
    Map<Inode, FilePages> files = new HashMap<>(written.files());
    files.put(inode, FilePages.of(Arrays.copyOf(now, size), FilePages.NONE));
    return new DiskImage(written.directories(), written.names(), files);
  }

  /** Where a write to a file may be torn: all positions, or as many as are asked for. */
  static List<Integer> cuts(Interval interval, Inode inode, SplittableRandom random, int limit) {
    byte[] old = interval.synced().files().getOrDefault(inode, FilePages.NONE).bytes();
    byte[] now = interval.written().files().getOrDefault(inode, FilePages.NONE).bytes();
    int first = Arrays.mismatch(old, now);
    int last = lastMismatch(old, now);
    if (first < 0 || last <= first) {
      return List.of();
    }
    return last - first <= limit
        ? IntStream.range(first, last).boxed().toList()
        : random.ints(limit, first, last).boxed().toList();
  }

  /** The position behind the last byte in which two contents differ. */
  static int lastMismatch(byte[] old, byte[] now) {
    int end = now.length;
    while (end > 0 && end <= old.length && old[end - 1] == now[end - 1]) {
      end--;
    }
    return end;
  }
}
