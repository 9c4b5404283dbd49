package dev.flotilla.server;

import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.forming.Voters;
import dev.flotilla.server.metadata.Metadata;
import dev.flotilla.server.metadata.MetadataGroup;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/** The voters of the metadata group, through this node's replica. */
record MetadataVoters(Metadata metadata, MetadataGroup group) implements Voters {

  @Override
  public Leadership leadership() {
    return metadata.leadership();
  }

  @Override
  public List<Voter> current() {
    return group.voters();
  }

  @Override
  public Set<String> caughtUp() {
    return group.caughtUp().stream().map(Voter::peerId).collect(Collectors.toSet());
  }

  @Override
  public CompletableFuture<Void> add(Voter voter) {
    return group.addVoter(voter);
  }

  @Override
  public CompletableFuture<Void> remove(String peerId) {
    return group.removeVoter(peerId);
  }
}
