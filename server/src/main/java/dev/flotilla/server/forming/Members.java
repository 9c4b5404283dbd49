package dev.flotilla.server.forming;

import dev.flotilla.proto.peer.FormingRecord;
import dev.flotilla.proto.peer.FormingRecord.Member;
import dev.flotilla.proto.peer.HelloAnswer;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.config.ClusterNodes;
import dev.flotilla.server.config.HostAndPort;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;

/** Members of a metadata group, as the record of a cluster names them and as Raft does. */
final class Members {

  private Members() {}

  static Voter voter(Member member) {
    return new Voter(member.getPeerId(), member.getNodeId(), member.getHost(), member.getPort());
  }

  static List<Voter> voters(FormingRecord record) {
    return record.getMembersList().stream().map(Members::voter).toList();
  }

  /** What {@code cluster.nodes} said where the record was made. */
  static ClusterNodes addresses(FormingRecord record) {
    var addresses = new TreeMap<Integer, HostAndPort>();
    for (var member : record.getMembersList()) {
      addresses.put(member.getNodeId(), new HostAndPort(member.getHost(), member.getPort()));
    }
    return new ClusterNodes(addresses);
  }

  /** The record of a cluster of all these, who are there and empty. */
  static FormingRecord record(
      String clusterId,
      ClusterNodes nodes,
      Collection<HelloAnswer> present,
      int offsetsPartitions) {
    var record =
        FormingRecord.newBuilder()
            .setClusterId(clusterId)
            .setOffsetsTopicPartitions(offsetsPartitions);
    for (var node : present) {
      var address = nodes.addresses().get(node.getNodeId());
      if (address == null) {
        throw new IllegalArgumentException("node " + node.getNodeId() + " is not of " + nodes);
      }
      record.addMembers(
          Member.newBuilder()
              .setNodeId(node.getNodeId())
              .setPeerId(node.getPeerId())
              .setHost(address.host())
              .setPort(address.port()));
    }
    return record.build();
  }
}
