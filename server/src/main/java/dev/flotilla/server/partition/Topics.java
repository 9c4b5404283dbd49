package dev.flotilla.server.partition;

import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * What this node knows of the cluster's topics just now. Any thread may call; nothing blocks, and
 * two calls may see two states.
 */
public interface Topics {

  /** The name of a topic id. */
  Optional<String> name(Uuid topicId);

  /** The id of a topic. */
  Optional<Uuid> id(String topic);

  /** Whether the topic exists and has the partition. */
  boolean contains(TopicPartition partition);

  /** The topic's configuration with the node's defaults. */
  LogConfig config(String topic);

  /** The storage engine that the topic's replicas on this node are to be in. */
  String engine(String topic);

  /** The nodes with its replicas, the preferred leader first; none if it does not exist. */
  List<Integer> replicas(TopicIdPartition partition);

  /** The leader of a partition as the metadata has it, if it has one. */
  Optional<Leader> leader(TopicPartition partition);

  /** How clients of a listener reach a node, if it is up. */
  Optional<Node> node(int nodeId, ListenerName listener);

  /** A node that leads in a term. */
  record Leader(int nodeId, int epoch) {}
}
