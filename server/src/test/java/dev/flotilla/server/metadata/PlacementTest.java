package dev.flotilla.server.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.image.ClusterImage;
import org.apache.kafka.metadata.BrokerRegistration;
import org.junit.jupiter.api.Test;

class PlacementTest {

  private static final List<String> RACKS = List.of("east", "north", "west");

  /** Nodes 1 to 6: two in each rack. */
  private static String rack(int node) {
    return RACKS.get((node - 1) / 2);
  }

  private static ClusterImage cluster() {
    return new ClusterImage(
        IntStream.rangeClosed(1, 6)
            .mapToObj(node ->
                new BrokerRegistration.Builder()
                    .setId(node)
                    .setIncarnationId(new Uuid(1, node))
                    .setListeners(List.of())
                    .setSupportedFeatures(Map.of())
                    .setRack(Optional.of(rack(node)))
                    .setDirectories(List.of(new Uuid(2, node)))
                    .build())
            .collect(Collectors.toMap(BrokerRegistration::id, Function.identity())),
        Map.of());
  }

  @Test
  void shouldPutEachReplicaIntoAnotherRack() {
    var spread = new Placement(new Random(1)).spread(cluster(), 60, (short) 3);

    assertThat(spread)
        .hasSize(60)
        .allSatisfy(replicas ->
            assertThat(replicas)
                .extracting(PlacementTest::rack)
                .containsExactlyInAnyOrderElementsOf(RACKS));
    // And all nodes of a rack take their part.
    assertThat(spread.stream().flatMap(List::stream).distinct()).hasSize(6);
  }
}
