package dev.flotilla.raft;

import static dev.flotilla.raft.ConvertedReplica.LMDB;
import static dev.flotilla.raft.ConvertedReplica.MMAP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.proto.ReplicaDescriptor;
import dev.flotilla.raft.Conversion.Failpoints;
import dev.flotilla.raft.Conversion.Failpoints.Step;
import dev.flotilla.raft.ConvertedReplica.Answers;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A replica moves to another engine. */
class ConversionTest {

  private static final long SEED = 4711;

  @TempDir Path directory;
  private ConvertedReplica replica;

  /** Where the process ends. */
  private static final class Crash extends Error {
    private static final long serialVersionUID = 1;
  }

  @BeforeEach
  void place() {
    replica = new ConvertedReplica(directory, UUID.randomUUID());
  }

  @ParameterizedTest
  @CsvSource({"mmap, lmdb", "lmdb, mmap"})
  void shouldAnswerTheSameInEitherEngine(String from, String to) throws Exception {
    // given
    replica.createFull(from, SEED);
    ReplicaDescriptor before = replica.descriptor();
    Answers answers = replica.answers();
    assertThat(answers.base().index()).isEqualTo(20);
    assertThat(answers.headers()).anyMatch(header -> header.kind() == EntryKind.EMPTIED);
    assertThat(answers.headers()).anyMatch(header -> header.kind() == EntryKind.RAFT_ONLY);
    assertThat(answers.headers()).anyMatch(header -> header.attributes().remaining() == 1);

    // when
    ConversionTotals totals = replica.convert(to);

    // then
    assertThat(replica.descriptor())
        .isEqualTo(before.toBuilder().setEngine(to).setGeneration(1).build());
    assertThat(replica.answers()).isEqualTo(answers);
    assertThat(totals.converted()).isEqualTo(1);
    assertThat(totals.alone()).isZero();
    assertThat(totals.entries()).isEqualTo(answers.headers().size());
    assertThat(totals.bytes())
        .isEqualTo(answers.payloads().stream().mapToLong(payload -> payload.remaining()).sum());

    // and nothing is left of the engine, which has no log any more
    replica.sweep(to);
    assertThat(directory.resolve("engines").resolve(from)).doesNotExist();

    // and back again
    replica.convert(from);
    assertThat(replica.answers()).isEqualTo(answers);
    assertThat(replica.descriptor().getGeneration()).isEqualTo(2);
  }

  @Test
  void shouldConvertAnEmptyLogAndOneThatIsLargerThanWhatIsMovedAtOnce() throws Exception {
    replica.create(MMAP, 1);
    Answers empty = replica.answers();
    replica.convert(LMDB);
    assertThat(replica.answers()).isEqualTo(empty);

    replica.append(1500, 20_000);
    Answers large = replica.answers();
    ConversionTotals totals = replica.convert(MMAP);
    assertThat(replica.answers()).isEqualTo(large);
    assertThat(totals.bytes()).isEqualTo(1500 * 20_000);
    assertThat(totals.alone()).isEqualTo(1);
    assertThat(totals.toString()).contains("1 replicas converted (1500 entries, 28 MiB)");
    assertThat(totals.toString()).contains("1 of them the only one");
  }

  @Test
  void shouldLeaveAloneWhatIsWhereItBelongs() throws Exception {
    replica.createFull(MMAP, SEED);
    ReplicaDescriptor before = replica.descriptor();

    assertThat(replica.convert(MMAP)).isEqualTo(ConversionTotals.NONE);
    assertThat(replica.descriptor()).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource(Step.class)
  void shouldLoseNothingInACrashAtAnyStep(Step step) throws Exception {
    for (String from : List.of(MMAP, LMDB)) {
      // given
      replica = new ConvertedReplica(directory.resolve(from), UUID.randomUUID());
      String to = from.equals(MMAP) ? LMDB : MMAP;
      replica.createFull(from, SEED);
      Answers answers = replica.answers();

      // when
      assertThatThrownBy(() -> replica.convert(to, room -> Long.MAX_VALUE, crashAt(step)))
          .isInstanceOf(Crash.class);

      // then the log is where the descriptor says, and nowhere else
      boolean switched = step.compareTo(Step.SWITCHED) >= 0;
      assertThat(replica.descriptor().getEngine()).isEqualTo(switched ? to : from);
      replica.sweep(to);
      assertThat(replica.answers()).isEqualTo(answers);

      // and the conversion is done by whoever tries it next
      replica.convert(to);
      assertThat(replica.descriptor().getEngine()).isEqualTo(to);
      assertThat(replica.answers()).isEqualTo(answers);
    }
  }

  @ParameterizedTest
  @EnumSource(Step.class)
  void shouldLoseNothingInACrashThatNobodyCleansUpBehind(Step step) throws Exception {
    // given
    replica.createFull(MMAP, SEED);
    Answers answers = replica.answers();
    assertThatThrownBy(() -> replica.convert(LMDB, room -> Long.MAX_VALUE, crashAt(step)))
        .isInstanceOf(Crash.class);

    // when it goes to where there may be something of it already
    replica.convert(LMDB);
    replica.convert(MMAP);
    replica.convert(LMDB);

    // then
    assertThat(replica.answers()).isEqualTo(answers);
  }

  private static Failpoints crashAt(Step crash) {
    AtomicBoolean crashed = new AtomicBoolean();
    return step -> {
      if (step == crash && crashed.compareAndSet(false, true)) {
        throw new Crash();
      }
    };
  }

  @Test
  void shouldReachTheStepsInTheirOrder() throws Exception {
    replica.createFull(MMAP, SEED);
    List<Step> reached = new ArrayList<>();
    replica.convert(LMDB, room -> Long.MAX_VALUE, reached::add);
    assertThat(reached.stream().distinct()).containsExactly(Step.values());
  }

  @Test
  void shouldStayWhereItIsWhenTheDiskCannotHoldBoth() throws Exception {
    // given
    replica.createFull(MMAP, SEED);
    ReplicaDescriptor before = replica.descriptor();
    Answers answers = replica.answers();
    List<Step> reached = new ArrayList<>();

    // when
    ConversionTotals totals = replica.convert(LMDB, room -> 1 << 20, reached::add);

    // then
    assertThat(totals.refused()).isEqualTo(1);
    assertThat(totals.converted()).isZero();
    assertThat(totals.toString()).contains("1 replicas stay in their old engines");
    assertThat(reached).isEmpty();
    assertThat(replica.descriptor()).isEqualTo(before);
    assertThat(replica.answers()).isEqualTo(answers);
  }

  @Test
  void shouldSayTheSizesWhenTheDiskCannotHoldBoth() {
    DiskRoom room = new DiskRoom(any -> 3 << 20);

    assertThatThrownBy(() -> room.reserve(directory, 100 << 20))
        .isInstanceOf(Conversion.RefusedException.class)
        .hasMessage(
            "a copy of its 100 MiB takes up to 129 MiB, and 3072 KiB are free in " + directory);
  }

  @Test
  void shouldNotPromiseTheSameRoomTwice() throws Exception {
    // given room for one of two
    AtomicInteger freed = new AtomicInteger();
    DiskRoom room = new DiskRoom(any -> (40 + freed.get()) << 20);
    DiskRoom.Reserved first = room.reserve(directory, 20 << 20);

    // when
    AtomicBoolean reserved = new AtomicBoolean();
    Thread second =
        Thread.ofPlatform()
            .start(() -> {
              try (DiskRoom.Reserved _ = room.reserve(directory, 20 << 20)) {
                reserved.set(true);
              } catch (Conversion.RefusedException e) {
                throw new AssertionError(e);
              }
            });
    TestNodes.await("it waits", () -> second.getState() == Thread.State.WAITING);

    // then the second takes it when the first is done
    assertThat(reserved).isFalse();
    first.close();
    second.join();
    assertThat(reserved).isTrue();
  }

  @Test
  void shouldStayWhereItIsWhenTheOtherEngineIsFullInTheMiddle() throws Exception {
    // given an environment that holds less
    replica.createFull(MMAP, SEED);
    replica.append(200, 20_000);
    Answers answers = replica.answers();
    RaftNodeConfig small = replica.config(LMDB, Map.of(LMDB, Map.of("map.bytes", "1048576")));

    // when
    ConversionTotals totals;
    try (EngineCatalog engines = ConvertedReplica.engines(small);
        Conversions conversions = new Conversions(engines, LMDB, System::nanoTime)) {
      conversions.convert(replica.files(), LMDB);
      totals = conversions.totals();
    }

    // then
    assertThat(totals.refused()).isEqualTo(1);
    assertThat(replica.descriptor().getEngine()).isEqualTo(MMAP);
    assertThat(replica.answers()).isEqualTo(answers);
  }

  @Test
  void shouldStayWhereItIsAndLeaveNoCopyWhenItsDescriptorCannotBeReplaced() throws Exception {
    replica.createFull(MMAP, SEED);
    Answers answers = replica.answers();
    Path inTheWay = Files.createDirectory(replica.files().path().resolve("descriptor.tmp"));

    ConversionTotals totals = replica.convert(LMDB);

    assertThat(totals.refused()).isEqualTo(1);
    assertThat(replica.answers()).isEqualTo(answers);
    Files.delete(inTheWay);
    replica.convert(LMDB);
    assertThat(replica.answers()).isEqualTo(answers);
    assertThat(replica.descriptor().getEngine()).isEqualTo(LMDB);
  }

  /** It may be the last one: whoever repairs the replica decides. */
  @Test
  void shouldKeepTheOldCopyWhereTheNewOneDoesNotOpen() throws Exception {
    replica.createFull(MMAP, SEED);
    assertThatThrownBy(() -> replica.convert(LMDB, room -> Long.MAX_VALUE, crashAt(Step.SWITCHED)))
        .isInstanceOf(Crash.class);
    ReplicaDirectory.deleteTree(directory.resolve("engines").resolve(LMDB));

    replica.sweep(LMDB);

    try (EngineCatalog engines = replica.engines()) {
      assertThat(engines.engine(MMAP).logs()).containsExactly(replica.log());
    }
  }

  @Test
  void shouldDeleteNoLogWhereReplicasAreNotThere() throws Exception {
    replica.createFull(MMAP, SEED);
    LogId log = replica.log();
    Path elsewhere = Files.move(replica.root(), directory.resolve("elsewhere"));

    replica.sweep(MMAP);

    Files.move(elsewhere, replica.root());
    try (EngineCatalog engines = replica.engines()) {
      assertThat(engines.engine(MMAP).logs()).containsExactly(log);
    }
  }

  @Test
  void shouldStayWhereItIsWhenThereIsNoSuchEngine() throws Exception {
    replica.createFull(MMAP, SEED);
    Answers answers = replica.answers();
    try (EngineCatalog engines = replica.engines();
        Conversions conversions = new Conversions(engines, MMAP, System::nanoTime)) {
      conversions.convert(replica.files(), "rocks");
      assertThat(conversions.totals().refused()).isEqualTo(1);
    }
    assertThat(replica.answers()).isEqualTo(answers);
  }

  @Test
  void shouldQuarantineWhatTurnsOutToBeDamaged() throws Exception {
    // given damage in the middle, which the opening of the log does not see
    replica.create(MMAP, 3);
    replica.append(400, 5000);
    Pair.damageLogs(directory);

    // when, then
    assertThatThrownBy(() -> replica.convert(LMDB))
        .isInstanceOf(ReplicaQuarantinedException.class)
        .hasMessageContaining("orders-0");
    assertThat(replica.descriptor().getEngine()).isEqualTo(MMAP);
    try (EngineCatalog engines = replica.engines()) {
      assertThat(engines.engine(LMDB).logs()).isEmpty();
    }
  }

  @Test
  void shouldLeaveAReplicaInQuarantineAlone() throws Exception {
    replica.createFull(MMAP, SEED);
    replica.files().quarantine("as asked");

    assertThat(replica.convert(LMDB)).isEqualTo(ConversionTotals.NONE);
    assertThat(replica.descriptor().getEngine()).isEqualTo(MMAP);
  }
}
