package dev.flotilla.server.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.proto.metadata.Command;
import dev.flotilla.proto.metadata.CommandAnswer.OutcomeCase;
import dev.flotilla.proto.metadata.Entity;
import dev.flotilla.proto.metadata.Feature;
import dev.flotilla.proto.metadata.Precondition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.BeforeTry;

/** The set against a plain map: any commands, applied, snapshotted and restored. */
class EntitySetProperties {

  private static final int KEYS = 5;

  /**
   * A step of a history: who acts on which versions. The version is meant relative to the truth.
   */
  record Step(List<Integer> puts, List<Integer> deletes, Map<Integer, Boolean> expected) {}

  /** The oracle: version and value by key. */
  private final Map<String, Long> versions = new HashMap<>();

  private final Map<String, Entity> values = new HashMap<>();

  @BeforeTry
  void forgetTheLastTry() {
    versions.clear();
    values.clear();
  }

  @Property(tries = 300)
  void shouldApplyCommandsAllOrNothing(@ForAll("steps") List<Step> steps) {
    var set = new EntitySet();
    var index = 0L;
    for (var step : steps) {
      index += 3;
      var command = command(step, (int) index);
      var holds =
          command.getPreconditionsList().stream()
              .allMatch(p -> versions.getOrDefault(p.getKey(), 0L) == p.getVersion());
      var applied = set.apply(index, 1, command.toByteString().asReadOnlyByteBuffer());
      assertThat(applied.answer().getOutcomeCase())
          .isEqualTo(holds ? OutcomeCase.DONE : OutcomeCase.CONFLICT);
      if (holds) {
        change(command, index);
      } else {
        assertThat(applied.batch().changes()).isEmpty();
      }
      requireSame(set);
    }
  }

  @Property(tries = 300)
  void shouldRestoreWhatASnapshotHeldAndTellTheDifference(
      @ForAll("steps") List<Step> before, @ForAll("steps") List<Step> after) {
    var ahead = new EntitySet();
    var behind = new EntitySet();
    var index = run(ahead, before, 0);
    run(behind, before, 0);
    run(ahead, after, index);

    var snapshot = ahead.snapshot();
    var batch = behind.restore(snapshot);

    assertThat(behind.snapshot()).isEqualTo(snapshot);
    // What is told, replayed over what was known, is what is known now.
    var replayed = new EntitySet();
    run(replayed, before, 0);
    var known = new HashMap<>(replayed.startingWith(""));
    for (var change : batch.changes()) {
      assertThat(change.before()).isNotEqualTo(change.after());
      var stored = change.after();
      if (stored != null) {
        known.put(EntityKey.of(stored.entity()), stored);
      } else if (change.before() != null) {
        known.remove(EntityKey.of(change.before().entity()), change.before());
      }
    }
    assertThat(known).isEqualTo(new HashMap<>(behind.startingWith("")));
  }

  private long run(EntitySet set, List<Step> steps, long index) {
    for (var step : steps) {
      index += 3;
      versions.clear();
      set.startingWith("").forEach((key, stored) -> versions.put(key, stored.version()));
      var command = command(step, (int) index);
      set.apply(index, 1, command.toByteString().asReadOnlyByteBuffer());
    }
    return index;
  }

  private void change(Command command, long index) {
    for (var key : command.getDeletesList()) {
      versions.remove(key);
      values.remove(key);
    }
    for (var entity : command.getPutsList()) {
      versions.put(EntityKey.of(entity), index);
      values.put(EntityKey.of(entity), entity);
    }
  }

  private void requireSame(EntitySet set) {
    var found = set.startingWith("");
    assertThat(found.keySet()).isEqualTo(values.keySet());
    found.forEach((key, stored) -> {
      assertThat(stored.entity()).isEqualTo(values.get(key));
      assertThat(stored.version()).isEqualTo(versions.get(key));
    });
  }

  private Command command(Step step, int level) {
    var command = Command.newBuilder();
    step.puts().forEach(n -> command.addPuts(entity(n, level)));
    step.deletes().forEach(n -> command.addDeletes(EntityKey.of(entity(n, level))));
    step.expected()
        .forEach((n, right) -> {
          var key = EntityKey.of(entity(n, level));
          var version = versions.getOrDefault(key, 0L);
          command.addPreconditions(
              Precondition.newBuilder().setKey(key).setVersion(right ? version : version + 1));
        });
    return command.build();
  }

  private static Entity entity(int n, int level) {
    return Entity.newBuilder()
        .setFeature(Feature.newBuilder().setName("f" + n).setLevel(level))
        .build();
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    var keys = Arbitraries.integers().between(0, KEYS - 1);
    var rightMostly = Arbitraries.of(true, true, true, true, false);
    return Combinators.combine(
            keys.list().ofMaxSize(3),
            keys.list().ofMaxSize(2),
            Arbitraries.maps(keys, rightMostly).ofMaxSize(2))
        .as(Step::new)
        .list()
        .ofMaxSize(12);
  }
}
