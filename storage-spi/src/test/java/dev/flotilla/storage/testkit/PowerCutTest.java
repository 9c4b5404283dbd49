package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.testkit.DiskImage.Inode;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

final class PowerCutTest {

  private static final int SIZE = 10_000;

  private final Inode first = new Inode("first", 1);
  private final Inode second = new Inode("second", 2);

  @Property(tries = 200)
  void shouldNeverTouchWhatIsTheSameBeforeAndAfter(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] synced = new byte[SIZE];
    random.nextBytes(synced);
    byte[] written = synced.clone();
    int from = random.nextInt(SIZE);
    int to = from + random.nextInt(SIZE - from);
    for (int i = from; i < to; i++) {
      written[i]++;
    }

    byte[] left = PowerCut.between(image(synced), image(written), random).file("log").bytes();
    assertThat(left).hasSize(SIZE);
    assertThat(left).startsWith(Arrays.copyOf(synced, from));
    assertThat(left).endsWith(Arrays.copyOfRange(synced, to, SIZE));
  }

  private DiskImage image(byte[] bytes) {
    return new DiskImage(
        Set.of(), Map.of("log", first), Map.of(first, FilePages.of(bytes, FilePages.NONE)));
  }

  /** A file renamed over another: never neither, never the new name with a torn content. */
  @Property(tries = 200)
  void shouldRenameAsAWhole(@ForAll long seed) {
    FilePages old = FilePages.of(new byte[] {1}, FilePages.NONE);
    FilePages next = FilePages.of(new byte[] {2}, FilePages.NONE);
    DiskImage synced =
        new DiskImage(
            Set.of(), Map.of("log", first, "next", second), Map.of(first, old, second, next));
    DiskImage written = new DiskImage(Set.of(), Map.of("log", second), Map.of(second, next));

    DiskImage left = PowerCut.between(synced, written, new SplittableRandom(seed));
    assertThat(left.sameBytes(synced) || left.sameBytes(written)).isTrue();
  }

  @Property(tries = 200)
  void shouldLeaveOfANewFileWhatWasWrittenOrLess(@ForAll long seed) {
    byte[] bytes = new byte[SIZE];
    new SplittableRandom(seed).nextBytes(bytes);
    DiskImage left = PowerCut.between(DiskImage.empty(), image(bytes), new SplittableRandom(seed));

    assertThat(left.names().keySet()).isSubsetOf("log");
    assertThat(left.file("log").size()).isLessThanOrEqualTo(SIZE);
  }
}
