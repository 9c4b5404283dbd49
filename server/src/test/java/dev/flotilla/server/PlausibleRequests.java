package dev.flotilla.server;

import dev.flotilla.server.testing.Batches;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ListOffsetsRequest;

/**
 * Requests as a client would send them in some version, and what a healthy node says to each. Those
 * about groups are in {@link PlausibleGroupRequests}.
 *
 * @param topic a topic of one partition
 * @param topicId its id
 */
record PlausibleRequests(String topic, Uuid topicId) {

  /** A topic that only the request of one version is about. */
  static String ownTopic(ApiKeys api, short version) {
    return api.name.toLowerCase(Locale.ROOT) + "-v" + version;
  }

  /** The error codes that are in the answer. */
  static Set<Errors> expected(ApiKeys api, short version) {
    return PlausibleGroupRequests.expected(api, version).orElse(Set.of(Errors.NONE));
  }

  /** A request for which {@link #expected} is the answer. */
  ApiMessage of(ApiKeys api, short version) {
    return switch (api) {
      case PRODUCE -> Batches.produce((short) 1, topic, topicId, Batches.plain("v" + version));
      case FETCH -> fetch();
      case LIST_OFFSETS -> listOffsets();
      case OFFSET_FOR_LEADER_EPOCH -> offsetForLeaderEpoch();
      case METADATA ->
          new MetadataRequestData().setTopics(List.of(new MetadataRequestTopic().setName(topic)));
      case CREATE_TOPICS -> createTopics(ownTopic(api, version));
      case DELETE_TOPICS -> deleteTopics(ownTopic(api, version), version);
      case DESCRIBE_CLUSTER -> new DescribeClusterRequestData();
      case DESCRIBE_TOPIC_PARTITIONS ->
          new DescribeTopicPartitionsRequestData()
              .setTopics(List.of(new TopicRequest().setName(topic)));
      case DESCRIBE_CONFIGS -> describeConfigs();
      case INIT_PRODUCER_ID -> new InitProducerIdRequestData().setTransactionalId(null);
      case API_VERSIONS ->
          version < 3
              ? new ApiVersionsRequestData()
              : new ApiVersionsRequestData()
                  .setClientSoftwareName("raw")
                  .setClientSoftwareVersion("1");
      default -> new PlausibleGroupRequests(topic, topicId).of(api, version);
    };
  }

  private FetchRequestData fetch() {
    var partition = new FetchPartition().setPartition(0).setPartitionMaxBytes(1 << 20);
    return new FetchRequestData()
        .setMaxBytes(1 << 20)
        .setTopics(
            List.of(
                new FetchTopic()
                    .setTopic(topic)
                    .setTopicId(topicId)
                    .setPartitions(List.of(partition))));
  }

  private ListOffsetsRequestData listOffsets() {
    var partition = new ListOffsetsPartition().setTimestamp(ListOffsetsRequest.LATEST_TIMESTAMP);
    return new ListOffsetsRequestData()
        .setReplicaId(ListOffsetsRequest.CONSUMER_REPLICA_ID)
        .setTopics(
            List.of(new ListOffsetsTopic().setName(topic).setPartitions(List.of(partition))));
  }

  private OffsetForLeaderEpochRequestData offsetForLeaderEpoch() {
    var data = new OffsetForLeaderEpochRequestData().setReplicaId(-1);
    data.topics()
        .add(
            new OffsetForLeaderTopic()
                .setTopic(topic)
                .setPartitions(List.of(new OffsetForLeaderPartition().setLeaderEpoch(0))));
    return data;
  }

  private static CreateTopicsRequestData createTopics(String name) {
    var data = new CreateTopicsRequestData().setTimeoutMs(20_000);
    data.topics()
        .add(
            new CreatableTopic().setName(name).setNumPartitions(1).setReplicationFactor((short) 1));
    return data;
  }

  private static DeleteTopicsRequestData deleteTopics(String name, short version) {
    var data = new DeleteTopicsRequestData().setTimeoutMs(20_000);
    return version < 6
        ? data.setTopicNames(List.of(name))
        : data.setTopics(List.of(new DeleteTopicState().setName(name)));
  }

  private DescribeConfigsRequestData describeConfigs() {
    return new DescribeConfigsRequestData()
        .setResources(
            List.of(
                new DescribeConfigsResource()
                    .setResourceType(ConfigResource.Type.TOPIC.id())
                    .setResourceName(topic)
                    .setConfigurationKeys(null)));
  }
}
