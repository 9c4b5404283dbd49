package dev.flotilla.benchmarks.jmh;

import dev.flotilla.benchmarks.subject.Payloads;
import dev.flotilla.server.partition.BatchValidator;
import dev.flotilla.server.partition.ProducedBatch;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceDataCollection;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponseCollection;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.network.Send;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogValidator;

/** Reads produce requests of one batch and writes their answers, as a node does. */
final class ProduceCodec {

  private static final Uuid TOPIC = new Uuid(7, 8);
  private static final TopicPartition PARTITION = new TopicPartition("measured", 0);
  private static final short VERSION = ApiKeys.PRODUCE.latestVersion(false);

  private final LogConfig config =
      new LogConfig(
          Map.of("max.message.bytes", 2 << 20, "message.timestamp.before.max.ms", Long.MAX_VALUE));
  private final BatchValidator validator = new BatchValidator(Time.SYSTEM, new Uncounted());

  /** The frame of a request, behind its length. */
  static ByteBuffer frame(int payloadBytes) {
    ByteBuffer payload = new Payloads(payloadBytes, 1).next().getFirst();
    TopicProduceData topic =
        new TopicProduceData()
            .setTopicId(TOPIC)
            .setPartitionData(
                List.of(
                    new PartitionProduceData()
                        .setIndex(PARTITION.partition())
                        .setRecords(MemoryRecords.readableRecords(payload))));
    ProduceRequestData data =
        new ProduceRequestData()
            .setAcks((short) -1)
            .setTimeoutMs(1000)
            .setTopicData(new TopicProduceDataCollection(List.of(topic).iterator()));
    return new ProduceRequest(data, VERSION)
        .serializeWithHeader(new RequestHeader(ApiKeys.PRODUCE, VERSION, "client", 1));
  }

  /** From a frame to the bytes of its answer; how many those are. */
  int answer(ByteBuffer frame) throws IOException {
    RequestHeader header = RequestHeader.parse(frame);
    RequestContext context =
        new RequestContext(
            header,
            "1",
            InetAddress.getLoopbackAddress(),
            Optional.empty(),
            KafkaPrincipal.ANONYMOUS,
            ListenerName.forSecurityProtocol(SecurityProtocol.PLAINTEXT),
            SecurityProtocol.PLAINTEXT,
            ClientInformation.EMPTY,
            false,
            Optional.empty());
    ProduceRequest request = (ProduceRequest) context.parseRequest(frame).request;
    Send send = context.buildResponseSend(response(request));
    return (int) send.size();
  }

  /** Checks the records of a request as if they were to be appended. */
  ProduceResponse response(ProduceRequest request) {
    TopicProduceResponseCollection topics = new TopicProduceResponseCollection();
    for (TopicProduceData topic : request.data().topicData()) {
      for (PartitionProduceData partition : topic.partitionData()) {
        ProducedBatch batch =
            validator.validate(
                request.version(), PARTITION, (MemoryRecords) partition.records(), config);
        topics.add(
            new TopicProduceResponse()
                .setTopicId(topic.topicId())
                .setPartitionResponses(
                    List.of(
                        new PartitionProduceResponse()
                            .setIndex(partition.index())
                            .setBaseOffset(batch.offsetSpan())
                            .setLogStartOffset(0))));
      }
    }
    return new ProduceResponse(new ProduceResponseData().setResponses(topics));
  }

  /** Nobody asks what was wrong. */
  private static final class Uncounted implements LogValidator.MetricsRecorder {

    @Override
    public void recordInvalidMagic() {}

    @Override
    public void recordInvalidOffset() {}

    @Override
    public void recordInvalidSequence() {}

    @Override
    public void recordInvalidChecksums() {}

    @Override
    public void recordNoKeyCompactedTopic() {}
  }
}
