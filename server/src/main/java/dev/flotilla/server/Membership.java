package dev.flotilla.server;

import dev.flotilla.proto.liveness.Heartbeat.Wish;
import dev.flotilla.server.liveness.Heartbeats;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A registered node among the others: it comes, and it goes. */
sealed interface Membership {

  /** Serves clients from now on: they are told of it. */
  void serve() throws InterruptedException;

  /**
   * Gives up all that it leads, and says good-bye: in twelve seconds at most, whoever does not
   * answer. Whatever is left, others take over.
   */
  void leave() throws InterruptedException;

  /** There is nobody to tell, and nobody to hand over to. */
  record Alone() implements Membership {

    @Override
    public void serve() {}

    @Override
    public void leave() {}
  }

  /**
   * One that others hear of.
   *
   * @param farewell hands over what it leads
   */
  record OneOfSeveral(Heartbeats heartbeats, Farewell farewell) implements Membership {

    private static final Logger LOG = LoggerFactory.getLogger(Membership.class);

    /** A metadata leader is there as a rule; while there is none, nobody is told anything. */
    private static final Duration TO_SERVE = Duration.ofSeconds(30);

    private static final Duration TO_LEAVE = Duration.ofSeconds(2);

    @Override
    public void serve() throws InterruptedException {
      wish(Wish.SERVE, TO_SERVE);
    }

    @Override
    public void leave() throws InterruptedException {
      long begun = System.nanoTime();
      wish(Wish.STOP, TO_LEAVE);
      long announced = System.nanoTime();
      farewell.handOver();
      long handedOver = System.nanoTime();
      wish(Wish.STOPPED, TO_LEAVE);
      heartbeats.close();
      LOG.info(
          "Announced the stop in {} ms, moved leaders in {} ms, said good-bye in {} ms",
          millis(announced - begun),
          millis(handedOver - announced),
          millis(System.nanoTime() - handedOver));
    }

    private static long millis(long nanos) {
      return TimeUnit.NANOSECONDS.toMillis(nanos);
    }

    private void wish(Wish wish, Duration patience) throws InterruptedException {
      CompletableFuture<Void> granted = heartbeats.wish(wish);
      try {
        granted.get(patience.toMillis(), TimeUnit.MILLISECONDS);
      } catch (ExecutionException | TimeoutException e) {
        LOG.warn("The metadata leader did not grant within {}: {}", patience, wish);
      }
    }
  }
}
