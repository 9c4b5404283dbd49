package dev.flotilla.server.network;

import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;

/** Requests and responses whose content does not matter. */
final class Requests {

  private Requests() {}

  static ProduceRequest produce(int acks) {
    return produce(acks, 100);
  }

  static ProduceRequest produce(int acks, int valueBytes) {
    var records =
        MemoryRecords.withRecords(
            Compression.NONE, new SimpleRecord(ByteBuffer.allocate(valueBytes)));
    var partition = new ProduceRequestData.PartitionProduceData().setIndex(0).setRecords(records);
    var topic =
        new ProduceRequestData.TopicProduceData()
            .setTopicId(new Uuid(1, 1))
            .setPartitionData(List.of(partition));
    var data = new ProduceRequestData().setAcks((short) acks).setTimeoutMs(1_000);
    data.topicData().add(topic);
    return ProduceRequest.builder(data).build(ApiKeys.PRODUCE.latestVersion());
  }

  static Answer produced() {
    return Answer.of(new ProduceResponse(new ProduceResponseData()));
  }

  static MetadataRequest metadata() {
    return new MetadataRequest(
        new MetadataRequestData().setTopics(List.of()), ApiKeys.METADATA.latestVersion());
  }

  static Answer described() {
    return Answer.of(
        new MetadataResponse(new MetadataResponseData(), ApiKeys.METADATA.latestVersion()));
  }

  static ApiVersionsRequest apiVersions() {
    return new ApiVersionsRequest(
        new ApiVersionsRequestData().setClientSoftwareName("raw").setClientSoftwareVersion("1"),
        ApiKeys.API_VERSIONS.latestVersion());
  }
}
