package dev.flotilla.server.api;

import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;

/**
 * Fetch: committed batches of partitions that this node leads, from the log's memory to the socket
 * without a copy on the heap. A fetch that finds too little waits without a thread.
 *
 * <p>No fetch sessions: each answer has session id 0, and a request that goes on with a session is
 * told that it is not there; clients then ask for all their partitions each time.
 *
 * <p>A fetch that waits outlives its connection: it keeps its frame's memory and its place among
 * the waiting until its time is over, so that none waits longer than {@link #LONGEST_WAIT_MS},
 * whatever its client says.
 */
public final class FetchHandler implements RequestHandler {

  /** Clients give a request up after 30 s by default. */
  static final int LONGEST_WAIT_MS = 60_000;

  private final PartitionRequests shared;
  private final FetchWaiters waiters;
  private final int maxBytes;

  /**
   * A handler whose waiting fetches are woken through the waiters.
   *
   * @param maxBytes {@code fetch.max.bytes}
   */
  public FetchHandler(PartitionRequests shared, FetchWaiters waiters, int maxBytes) {
    this.shared = shared;
    this.waiters = waiters;
    this.maxBytes = maxBytes;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.FETCH;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    FetchRequest body = (FetchRequest) request.body();
    if (!body.metadata().isFull()) {
      return CompletableFuture.completedFuture(noSuchSession());
    }
    int limit = Math.min(Math.max(0, body.maxBytes()), maxBytes);
    int maxWaitMs = Math.min(body.maxWait(), LONGEST_WAIT_MS);
    Fetch fetch =
        new Fetch(
            shared,
            targets(body),
            Math.min(body.minBytes(), limit),
            limit,
            new FetchResponses(shared, request.context().listenerName, body));
    // Partitions that a consumer has read to their end, which is what most fetches ask for, are
    // answered from memory: only records need a reader thread.
    return fetch.readsRecords()
        ? CompletableFuture.completedFuture(fetch)
            .thenComposeAsync(read -> begin(read, maxWaitMs), shared.readers())
        : begin(fetch, maxWaitMs);
  }

  private static Answer noSuchSession() {
    return Answer.of(
        FetchResponse.of(
            new FetchResponseData().setErrorCode(Errors.FETCH_SESSION_ID_NOT_FOUND.code())));
  }

  private List<FetchTarget> targets(FetchRequest request) {
    List<FetchTarget> targets = new ArrayList<>();
    boolean byId = request.version() >= 13;
    int topics = 0;
    for (FetchTopic topic : request.data().topics()) {
      if (topic.partitions().isEmpty()) {
        continue;
      }
      Optional<String> name =
          byId ? shared.topics().name(topic.topicId()) : Optional.of(topic.topic());
      for (FetchPartition partition : topic.partitions()) {
        TopicPartition place =
            name.map(known -> new TopicPartition(known, partition.partition())).orElse(null);
        targets.add(new FetchTarget(topics, topic, partition, place));
      }
      topics++;
    }
    return targets;
  }

  /** Answers at once what needs no wait. */
  private CompletableFuture<Answer> begin(Fetch fetch, int maxWaitMs) {
    FetchPass first = fetch.read();
    if (maxWaitMs <= 0 || fetch.targets().isEmpty() || first.concludes(fetch.minBytes())) {
      return CompletableFuture.completedFuture(fetch.answer(first));
    }
    try (first) {
      PendingFetch pending = new PendingFetch(fetch, first, shared);
      waiters.add(pending, maxWaitMs);
      return pending.answer();
    }
  }
}
