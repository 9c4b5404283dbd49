package dev.flotilla.server.network;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class RequestMemoryTest {

  private static final int SMALL = 1 << 10;
  private static final int LARGE = 4 << 20;

  private final RequestMemory memory = new RequestMemory(16 << 20);
  private final AtomicInteger wakeups = new AtomicInteger();
  private final LoopMemory loop = memory.forLoop(wakeups::incrementAndGet);

  @Test
  void shouldAdmitARequestWhileAnyMemoryIsLeft() {
    // given
    var almostAll = new RequestMemory(SMALL + 1).forLoop(() -> {});
    assertThat(almostAll.tryAllocate(SMALL)).isNotNull();

    // when, then
    assertThat(almostAll.tryAllocate(SMALL)).isNotNull();
    assertThat(almostAll.tryAllocate(1)).isNull();
  }

  @Test
  void shouldLeaveHalfOfTheBudgetToUsualRequests() {
    // given
    assertThat(loop.tryAllocate(LARGE)).isNotNull();
    assertThat(loop.tryAllocate(LARGE)).isNotNull();

    // when
    assertThat(loop.tryAllocate(LARGE)).isNull();

    // then
    for (int i = 0; i < 8 << 10; i++) {
      assertThat(loop.tryAllocate(SMALL)).isNotNull();
    }
    assertThat(loop.tryAllocate(SMALL)).isNull();
  }

  @Test
  void shouldNotLetALargeRequestTakeMoreThanItsHalfFromUsualOnes() {
    // given
    assertThat(loop.tryAllocate(100 << 20)).isNotNull();

    // when, then
    assertThat(loop.tryAllocate(SMALL)).isNotNull();
    assertThat(memory.available()).isEqualTo((8 << 20) - SMALL);
  }

  @Test
  void shouldStayDryUntilMemoryComesBackThatIsWaitedFor() {
    // given
    var usual = take(SMALL);
    var first = take(LARGE);
    loop.tryAllocate(LARGE);
    assertThat(loop.isOutOfMemory()).isFalse();
    assertThat(loop.tryAllocate(LARGE)).isNull();
    assertThat(loop.isOutOfMemory()).isTrue();

    // when, then
    loop.release(usual);
    assertThat(loop.isOutOfMemory()).isTrue();
    assertThat(wakeups).hasValue(0);
    loop.release(first);
    assertThat(wakeups).hasValue(1);
    assertThat(loop.isOutOfMemory()).isFalse();
    assertThat(loop.tryAllocate(LARGE)).isNotNull();
  }

  @Test
  void shouldTryALargeRequestAgainWhenUsualOnesHadTakenAllMemory() {
    // given
    var usual = new ArrayList<ByteBuffer>();
    while (memory.available() > 0) {
      usual.add(take(1 << 20));
    }
    assertThat(loop.tryAllocate(LARGE)).isNull();
    assertThat(loop.isOutOfMemory()).isTrue();

    // when
    usual.forEach(loop::release);

    // then
    assertThat(wakeups.get()).isPositive();
    assertThat(loop.isOutOfMemory()).isFalse();
    assertThat(loop.tryAllocate(LARGE)).isNotNull();
  }

  @Test
  void shouldWakeEveryLoopThatWaits() {
    // given
    var others = new AtomicInteger();
    var other = memory.forLoop(others::incrementAndGet);
    var idle = new AtomicInteger();
    memory.forLoop(idle::incrementAndGet);
    var taken = take(LARGE);
    loop.tryAllocate(LARGE);
    assertThat(loop.tryAllocate(LARGE)).isNull();
    assertThat(other.tryAllocate(LARGE)).isNull();

    // when
    other.release(taken);

    // then
    assertThat(wakeups).hasValue(1);
    assertThat(others).hasValue(1);
    assertThat(idle).hasValue(0);
  }

  @Test
  void shouldCountNothingWhenAllIsBack() {
    // given
    var usual = take(SMALL);
    var large = take(LARGE);

    // when
    loop.release(usual);
    loop.release(large);

    // then
    assertThat(memory.bytesInUse()).isZero();
    assertThat(memory.available()).isEqualTo(16 << 20);
  }

  private ByteBuffer take(int bytes) {
    return requireNonNull(loop.tryAllocate(bytes));
  }
}
