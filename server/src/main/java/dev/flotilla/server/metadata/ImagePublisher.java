package dev.flotilla.server.metadata;

import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;

/**
 * Told each change of the metadata image, in order, on the one thread that changes it. Must not
 * block: what takes time is handed over. An exception is logged and hidden from other publishers.
 */
@FunctionalInterface
public interface ImagePublisher {

  /**
   * @param delta what changed; its {@code image()} is the image before
   * @param image the image now
   */
  void publish(MetadataDelta delta, MetadataImage image);
}
