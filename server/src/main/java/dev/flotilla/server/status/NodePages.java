package dev.flotilla.server.status;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/** What a node tells over HTTP at its {@code metrics.listener}. Any thread may ask; it blocks. */
public final class NodePages implements DigestComparison.Source {

  private final HttpClient http;
  private final String address;
  private final Duration patience;

  /**
   * Of one node.
   *
   * @param http stays the caller's
   * @param address HOST:PORT
   * @param patience how long an answer is waited for
   */
  public NodePages(HttpClient http, String address, Duration patience) {
    this.http = http;
    this.address = address;
    this.patience = patience;
  }

  /** HOST:PORT, as it was given. */
  public String address() {
    return address;
  }

  /** How the node sees its cluster; empty if it does not answer. */
  public Optional<Status> status() {
    return get("/status").flatMap(Status::parse);
  }

  @Override
  public Optional<Digests> newest() {
    return get("/digests").flatMap(Digests::parse);
  }

  @Override
  public Optional<Digests.ReplicaDigest> at(String topic, int partition, long index) {
    return get("/digests?topic=%s&partition=%d&index=%d"
            .formatted(URLEncoder.encode(topic, UTF_8), partition, index))
        .flatMap(Digests::parse)
        .flatMap(digests -> digests.replicas().stream().findFirst());
  }

  /** What its replicas take; empty if it does not answer. */
  public Optional<StorageReport> storage() {
    return get("/storage").flatMap(StorageReport::parse);
  }

  /** Has it read one of them from beginning to end; empty if it does not answer all the time. */
  public Optional<StorageCheck> check(StorageReport.Stored replica) {
    Optional<StorageCheck> check = check(replica, 0);
    while (check.isPresent() && !check.get().over()) {
      StorageCheck so = check.get();
      check = check(replica, so.nextIndex()).map(so::and);
    }
    return check;
  }

  private Optional<StorageCheck> check(StorageReport.Stored replica, long fromIndex) {
    return get("/storage/check?topic=%s&partition=%d&index=%d"
            .formatted(URLEncoder.encode(replica.topic(), UTF_8), replica.partition(), fromIndex))
        .flatMap(StorageCheck::parse);
  }

  private Optional<String> get(String path) {
    URI uri = URI.create("http://" + address + path);
    try {
      HttpResponse<String> response =
          http.send(
              HttpRequest.newBuilder(uri).timeout(patience).build(),
              HttpResponse.BodyHandlers.ofString());
      return response.statusCode() == 200 ? Optional.of(response.body()) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(
          new IOException("interrupted while " + address + " was asked", e));
    }
  }
}
