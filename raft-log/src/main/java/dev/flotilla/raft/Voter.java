package dev.flotilla.raft;

/**
 * A voting member of a Raft group.
 *
 * @param peerId names the member for ever: node id and the random id of its data directory, so that
 *     an empty disk is never mistaken for the voter it once held
 * @param nodeId the node it runs on
 * @param host where its Raft port listens
 * @param port that port
 */
public record Voter(String peerId, int nodeId, String host, int port) {}
