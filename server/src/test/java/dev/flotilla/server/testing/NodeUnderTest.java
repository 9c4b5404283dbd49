package dev.flotilla.server.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.Node;
import dev.flotilla.server.StartFailure;
import dev.flotilla.server.config.InvalidConfigException;
import dev.flotilla.server.config.NodeConfig;
import dev.flotilla.server.network.RawClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ListOffsetsRequest;

/** A whole node in this process, on free ports, spoken to through sockets only. */
public final class NodeUnderTest implements AutoCloseable {

  private final NodeConfig config;
  private Node node;

  private NodeUnderTest(NodeConfig config) {
    this.config = config;
    this.node = launch();
  }

  /** Starts one on a data directory, with more settings. */
  public static NodeUnderTest start(Path directory, Map<String, String> more) {
    return new NodeUnderTest(config(directory, more));
  }

  /** The settings of such a node. */
  public static NodeConfig config(Path directory, Map<String, String> more) {
    Map<String, String> settings = new TreeMap<>();
    settings.put("listeners", "PLAINTEXT://127.0.0.1:0");
    settings.put("metrics.listener", "127.0.0.1:0");
    settings.put("log.dirs", directory.toString());
    settings.put("offsets.topic.num.partitions", "1");
    settings.put("group.initial.rebalance.delay.ms", "0");
    settings.putAll(more);
    try {
      return NodeConfig.of(settings);
    } catch (InvalidConfigException e) {
      throw new AssertionError(e);
    }
  }

  private Node launch() {
    try {
      return Node.start(config);
    } catch (StartFailure e) {
      throw new AssertionError(e);
    }
  }

  /** Stops the node and starts it on the same data, on other ports. */
  public void restart() {
    restart(() -> {});
  }

  /** The same, with something that happens to the data while the node is down. */
  public void restart(Runnable meanwhile) {
    node.close();
    meanwhile.run();
    node = launch();
  }

  public RawClient connect() throws IOException {
    return new RawClient(port());
  }

  public int port() {
    return node.endpoints().getFirst().port();
  }

  /** A request of a message, as the node will parse it. */
  public static AbstractRequest request(ApiMessage message, short version) {
    ApiKeys api = ApiKeys.forId(message.apiKey());
    return AbstractRequest.parseRequest(
            api, version, MessageUtil.toByteBufferAccessor(message, version))
        .request;
  }

  /** The same in the latest version that is stable. */
  public static AbstractRequest request(ApiMessage message) {
    return request(message, ApiKeys.forId(message.apiKey()).latestVersion(false));
  }

  /** Sends one request on a connection of its own and returns what is answered. */
  public AbstractResponse call(ApiMessage message) throws IOException {
    AbstractRequest request = request(message);
    try (RawClient client = connect()) {
      return client.receive(request.apiKey(), client.send(request));
    }
  }

  /** Creates a topic of one partition, waits until it is led, and returns its id. */
  public Uuid createTopic(String name) throws IOException {
    CreateTopicsRequestData data = new CreateTopicsRequestData().setTimeoutMs(20_000);
    data.topics()
        .add(
            new CreatableTopic().setName(name).setNumPartitions(1).setReplicationFactor((short) 1));
    var created = ((CreateTopicsResponseData) call(data).data()).topics().find(name);
    assertThat(Errors.forCode(created.errorCode())).isEqualTo(Errors.NONE);
    Await.until(() -> Errors.forCode(latest(name).errorCode()) == Errors.NONE);
    return created.topicId();
  }

  /** A producer id that nobody has. */
  public long producerId() throws IOException {
    var data = new InitProducerIdRequestData().setTransactionalId(null);
    var answer = (InitProducerIdResponseData) call(data).data();
    assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.NONE);
    return answer.producerId();
  }

  /** The end of what consumers may read of partition 0. */
  public long latestOffset(String topic) {
    ListOffsetsPartitionResponse latest = latest(topic);
    assertThat(Errors.forCode(latest.errorCode())).isEqualTo(Errors.NONE);
    return latest.offset();
  }

  private ListOffsetsPartitionResponse latest(String topic) {
    var partition = new ListOffsetsPartition().setTimestamp(ListOffsetsRequest.LATEST_TIMESTAMP);
    var data =
        new ListOffsetsRequestData()
            .setReplicaId(ListOffsetsRequest.CONSUMER_REPLICA_ID)
            .setTopics(
                List.of(new ListOffsetsTopic().setName(topic).setPartitions(List.of(partition))));
    try {
      var answer = (ListOffsetsResponseData) call(data).data();
      return answer.topics().getFirst().partitions().getFirst();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** What the node says of itself over HTTP. */
  public int metricsPort() {
    return node.metricsPort();
  }

  public HttpResponse<String> get(String path) {
    return get(node.metricsPort(), path);
  }

  /** The same of a node that need not be ready. */
  public static HttpResponse<String> get(int metricsPort, String path) {
    URI uri = URI.create("http://127.0.0.1:" + metricsPort + path);
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
          HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(20)).build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** The value of a metric without labels, by its exported name. */
  public double metric(String name) {
    String line =
        get("/metrics")
            .body()
            .lines()
            .filter(each -> each.startsWith(name + " "))
            .findFirst()
            .orElseThrow(() -> new AssertionError("no metric " + name));
    return Double.parseDouble(line.substring(name.length() + 1));
  }

  @Override
  public void close() {
    node.close();
  }
}
