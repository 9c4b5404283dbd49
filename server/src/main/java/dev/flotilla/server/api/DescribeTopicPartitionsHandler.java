package dev.flotilla.server.api;

import dev.flotilla.server.metadata.Metadata;
import dev.flotilla.server.metadata.NodeSettings;
import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.DescribeTopicPartitionsRequest;
import org.apache.kafka.common.requests.DescribeTopicPartitionsResponse;

/**
 * DescribeTopicPartitions: topics in the order of their names, a page of partitions at a time. The
 * cursor of one page begins the next.
 */
public final class DescribeTopicPartitionsHandler implements RequestHandler {

  private static final String PAGE_LIMIT = "max.request.partition.size.limit";
  private static final int DEFAULT_PAGE_LIMIT = 2000;

  private final Metadata metadata;
  private final NodeSettings node;

  public DescribeTopicPartitionsHandler(Metadata metadata, NodeSettings node) {
    this.metadata = metadata;
    this.node = node;
  }

  @Override
  public ApiKeys api() {
    return ApiKeys.DESCRIBE_TOPIC_PARTITIONS;
  }

  @Override
  public CompletableFuture<Answer> handle(Request request) {
    var asked = ((DescribeTopicPartitionsRequest) request.body()).data();
    var cursor = asked.cursor();
    if (cursor != null && cursor.partitionIndex() < 0) {
      throw new InvalidRequestException(
          "DescribeTopicPartitionsRequest cursor partition must be valid: " + cursor);
    }
    var first = cursor == null ? "" : cursor.topicName();
    var firstPartition = cursor == null ? 0 : cursor.partitionIndex();
    var all = asked.topics().isEmpty();
    var names = new TreeSet<String>();
    if (all) {
      names.addAll(metadata.cache().getAllTopics());
    } else {
      asked.topics().forEach(topic -> names.add(topic.name()));
      if (cursor != null) {
        // Answered also when it does not exist any more.
        names.add(first);
      }
    }
    var limit =
        Math.min(node.intValue(PAGE_LIMIT, DEFAULT_PAGE_LIMIT), asked.responsePartitionLimit());
    var response =
        metadata
            .cache()
            .describeTopicResponse(
                names.tailSet(first).iterator(),
                request.context().listenerName,
                name -> name.equals(first) ? firstPartition : 0,
                Math.max(1, limit),
                all);
    response
        .topics()
        .forEach(topic -> topic.setTopicAuthorizedOperations(AuthorizedOperations.TOPIC));
    return CompletableFuture.completedFuture(
        Answer.of(new DescribeTopicPartitionsResponse(response)));
  }
}
