/**
 * Which nodes are alive and what they lead, told from node to node: heartbeats and fencing,
 * leadership reports, the watch over other nodes, handing over at a stop, and balance.
 *
 * <p>All of it is soft: what is lost here is said again. Nothing here decides what is committed; a
 * wrong guess costs an election or a client's retry, never a record.
 */
@NullMarked
package dev.flotilla.server.liveness;

import org.jspecify.annotations.NullMarked;
