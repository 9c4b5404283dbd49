package dev.flotilla.server.api;

import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;

/**
 * The topics of one metadata image, by name and by id: a request is answered from one image
 * throughout. In requests and answers, Kafka writes the empty name and the zero id for what is not
 * known.
 */
record TopicNames(MetadataImage image) {

  static final String UNKNOWN_NAME = "";

  static TopicNames now(Supplier<MetadataImage> images) {
    return new TopicNames(images.get());
  }

  String nameOf(Uuid id) {
    TopicImage topic = image.topics().getTopic(id);
    return topic == null ? UNKNOWN_NAME : topic.name();
  }

  Uuid idOf(String name) {
    TopicImage topic = image.topics().getTopic(name);
    return topic == null ? Uuid.ZERO_UUID : topic.id();
  }

  boolean hasPartition(String name, int partition) {
    TopicImage topic = image.topics().getTopic(name);
    return topic != null && topic.partitions().containsKey(partition);
  }
}
