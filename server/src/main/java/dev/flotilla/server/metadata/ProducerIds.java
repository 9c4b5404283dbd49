package dev.flotilla.server.metadata;

import dev.flotilla.proto.metadata.Entity;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.server.common.ProducerIdsBlock;

/**
 * Gives out producer ids that no node ever gives out again: from blocks that this node claims in
 * the metadata. What is left of a block when the node stops is never used. Any thread may call.
 */
public final class ProducerIds {

  private final Metadata metadata;
  private final int nodeId;

  private long next;
  private long end;
  private boolean claiming;
  private final Queue<CompletableFuture<Long>> waiting = new ArrayDeque<>();

  public ProducerIds(Metadata metadata, int nodeId) {
    this.metadata = metadata;
    this.nodeId = nodeId;
  }

  /** Fails with a {@link dev.flotilla.raft.ReplicatedLogException} if no block can be claimed. */
  public CompletableFuture<Long> next() {
    var future = new CompletableFuture<Long>();
    synchronized (this) {
      if (next < end) {
        return CompletableFuture.completedFuture(next++);
      }
      waiting.add(future);
      if (claiming) {
        return future;
      }
      claiming = true;
    }
    claim();
    return future;
  }

  private void claim() {
    var stored = metadata.find(EntityKey.PRODUCER_IDS);
    var first = stored.map(s -> s.entity().getProducerIds().getNextProducerId()).orElse(0L);
    var block =
        dev.flotilla.proto.metadata.ProducerIds.newBuilder()
            .setNextProducerId(first + ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE)
            .setNodeId(nodeId);
    var command =
        new Commands()
            .expect(EntityKey.PRODUCER_IDS, stored.map(EntityChange.Stored::version).orElse(0L))
            .put(Entity.newBuilder().setProducerIds(block).build())
            .build();
    // Whoever waits is told by its own future.
    var _ =
        metadata
            .submit(command)
            .whenComplete((outcome, failure) -> {
              if (failure != null) {
                failed(failure);
              } else if (outcome instanceof Outcome.Conflict) {
                claim();
              } else {
                claimed(first, block.getNextProducerId());
              }
            });
  }

  private void claimed(long first, long blockEnd) {
    boolean more;
    var served = new ArrayDeque<Runnable>();
    synchronized (this) {
      next = first;
      end = blockEnd;
      while (next < end && !waiting.isEmpty()) {
        var future = waiting.remove();
        var id = next++;
        served.add(() -> future.complete(id));
      }
      claiming = !waiting.isEmpty();
      more = claiming;
    }
    served.forEach(Runnable::run);
    if (more) {
      claim();
    }
  }

  private void failed(Throwable failure) {
    ArrayDeque<CompletableFuture<Long>> all;
    synchronized (this) {
      claiming = false;
      all = new ArrayDeque<>(waiting);
      waiting.clear();
    }
    all.forEach(future -> future.completeExceptionally(failure));
  }
}
