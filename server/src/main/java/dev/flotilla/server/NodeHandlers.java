package dev.flotilla.server;

import dev.flotilla.server.api.ApiVersionsHandler;
import dev.flotilla.server.api.CreateTopicsHandler;
import dev.flotilla.server.api.DeleteTopicsHandler;
import dev.flotilla.server.api.DescribeClusterHandler;
import dev.flotilla.server.api.DescribeConfigsHandler;
import dev.flotilla.server.api.DescribeTopicPartitionsHandler;
import dev.flotilla.server.api.FetchHandler;
import dev.flotilla.server.api.GroupHandlers;
import dev.flotilla.server.api.InitProducerIdHandler;
import dev.flotilla.server.api.ListOffsetsHandler;
import dev.flotilla.server.api.MetadataHandler;
import dev.flotilla.server.api.OffsetForLeaderEpochHandler;
import dev.flotilla.server.api.ProduceHandler;
import dev.flotilla.server.config.NodeConfig;
import dev.flotilla.server.metadata.Metadata;
import dev.flotilla.server.metadata.NodeSettings;
import dev.flotilla.server.metadata.ProducerIds;
import dev.flotilla.server.metadata.TopicConfigs;
import dev.flotilla.server.metadata.TopicCreation;
import dev.flotilla.server.metadata.TopicDeletion;
import dev.flotilla.server.network.RequestHandler;
import dev.flotilla.server.partition.BatchValidator;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.utils.Time;

/** The list of all APIs that a node serves: what is in it is what is advertised. */
final class NodeHandlers {

  private NodeHandlers() {}

  static List<RequestHandler> of(
      NodeConfig config,
      NodeSettings settings,
      Metadata metadata,
      TopicConfigs topicConfigs,
      TopicCreation creation,
      NodePartitions partitions,
      NodeGroups groups) {
    var shared = partitions.requests();
    var validator = new BatchValidator(Time.SYSTEM, shared.metrics());
    List<RequestHandler> handlers = new ArrayList<>();
    handlers.add(new ProduceHandler(shared, validator));
    handlers.add(new FetchHandler(shared, partitions.waiters(), config.fetchMaxBytes()));
    handlers.add(new ListOffsetsHandler(shared));
    handlers.add(new OffsetForLeaderEpochHandler(shared));
    handlers.add(new MetadataHandler(metadata, creation, settings));
    handlers.add(new CreateTopicsHandler(creation, topicConfigs));
    handlers.add(new DeleteTopicsHandler(metadata, new TopicDeletion(metadata), settings));
    handlers.add(new DescribeClusterHandler(metadata));
    handlers.add(new DescribeTopicPartitionsHandler(metadata, settings));
    handlers.add(new DescribeConfigsHandler(metadata, config.nodeId(), settings, topicConfigs));
    handlers.add(new InitProducerIdHandler(new ProducerIds(metadata, config.nodeId())));
    handlers.addAll(
        GroupHandlers.of(groups.coordinators().coordinator(), groups.locator(), metadata::image));
    return ApiVersionsHandler.advertising(handlers);
  }
}
