package dev.flotilla.server.testing;

import dev.flotilla.server.network.Answer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;

/** Sends requests to the first partitions of a fixture's topics, and shows what comes back. */
public final class TestClient {

  private final PartitionFixture node;

  public TestClient(PartitionFixture node) {
    this.node = node;
  }

  /** A produce request for partition 0 of a topic, acks=all. */
  public ProduceRequest produceRequest(int version, String topic, MemoryRecords records) {
    Uuid id = node.topics.id(topic).orElse(Uuid.ZERO_UUID);
    return new ProduceRequest(Batches.produce((short) -1, topic, id, records), (short) version);
  }

  /** Produces and waits for the answer. */
  public PartitionProduceResponse produce(String topic, MemoryRecords records) throws Exception {
    return produce(12, topic, records);
  }

  public PartitionProduceResponse produce(int version, String topic, MemoryRecords records)
      throws Exception {
    return produced(produceLater(version, topic, records));
  }

  /** Produces; the answer comes later. */
  public Sent produceLater(int version, String topic, MemoryRecords records) {
    return send(produceRequest(version, topic, records), "client");
  }

  /** What a produce request was answered for its one partition. */
  public PartitionProduceResponse produced(Sent sent) throws Exception {
    ProduceResponse response = (ProduceResponse) sent.response();
    return response.data().responses().iterator().next().partitionResponses().getFirst();
  }

  /** Has a produce request handled. */
  public Sent send(ProduceRequest request, String clientId) {
    Wire.Framed framed = Wire.framed(request, clientId);
    return new Sent(framed, node.produce.handle(framed.request()));
  }

  /** A request that was handed over. */
  public record Sent(Wire.Framed framed, CompletableFuture<Answer> answer) {

    public AbstractResponse response() throws Exception {
      return Wire.response(framed.request(), answer.get(60, TimeUnit.SECONDS));
    }
  }

  /** What to fetch, from the first partition of each topic. */
  public static final class FetchSpec {
    private final Map<String, FetchRequest.PartitionData> wanted = new LinkedHashMap<>();
    private short version = 18;
    private int maxWaitMs = 0;
    private int minBytes = 1;
    private int maxBytes = 1 << 20;

    public FetchSpec version(int number) {
      version = (short) number;
      return this;
    }

    public FetchSpec waitFor(int bytes, int timeMs) {
      minBytes = bytes;
      maxWaitMs = timeMs;
      return this;
    }

    public FetchSpec maxBytes(int bytes) {
      maxBytes = bytes;
      return this;
    }

    public FetchSpec from(String topic, long offset, int partitionMaxBytes) {
      return from(topic, offset, partitionMaxBytes, Optional.empty(), Optional.empty());
    }

    public FetchSpec from(
        String topic,
        long offset,
        int partitionMaxBytes,
        Optional<Integer> leaderEpoch,
        Optional<Integer> lastFetchedEpoch) {
      wanted.put(
          topic,
          new FetchRequest.PartitionData(
              Uuid.ZERO_UUID, offset, -1, partitionMaxBytes, leaderEpoch, lastFetchedEpoch));
      return this;
    }
  }

  /** A fetch request as Kafka's builder makes it. */
  public FetchRequest.Builder builder(FetchSpec spec) {
    Map<TopicPartition, FetchRequest.PartitionData> wanted = new LinkedHashMap<>();
    spec.wanted.forEach((topic, data) ->
        wanted.put(
            new TopicPartition(topic, 0),
            new FetchRequest.PartitionData(
                node.topics.id(topic).orElse(Uuid.randomUuid()),
                data.fetchOffset,
                data.logStartOffset,
                data.maxBytes,
                data.currentLeaderEpoch,
                data.lastFetchedEpoch)));
    return FetchRequest.Builder.forConsumer(spec.version, spec.maxWaitMs, spec.minBytes, wanted)
        .setMaxBytes(spec.maxBytes);
  }

  /** Fetches; the answer comes later. */
  public Sent fetchLater(FetchSpec spec) {
    return fetchLater(builder(spec).build(spec.version));
  }

  public Sent fetchLater(AbstractRequest request) {
    Wire.Framed framed = Wire.framed(request, "client");
    return new Sent(framed, node.fetch.handle(framed.request()));
  }

  /** Fetches and shows the partitions in order. */
  public List<PartitionData> fetch(FetchSpec spec) throws Exception {
    return fetched(fetchLater(spec));
  }

  public List<PartitionData> fetched(Sent sent) throws Exception {
    FetchResponse response = (FetchResponse) sent.response();
    List<PartitionData> partitions = new ArrayList<>();
    response.data().responses().forEach(topic -> partitions.addAll(topic.partitions()));
    return partitions;
  }

  /** Offsets and values of the records of a partition. */
  public static List<String> values(PartitionData partition) {
    List<String> values = new ArrayList<>();
    for (Record record : FetchResponse.recordsOrFail(partition).records()) {
      values.add(record.offset() + ":" + StandardCharsets.UTF_8.decode(record.value()));
    }
    return values;
  }
}
