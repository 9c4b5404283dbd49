/**
 * What nodes ask of each other: {@link dev.flotilla.server.peer.Peers} asks, {@link
 * dev.flotilla.server.peer.PeerRequests} finds the handler that answers. The bytes travel over the
 * port of the metadata group.
 *
 * <p>Not promised: order among requests, and that a request whose answer was not heard was not
 * handled.
 */
@NullMarked
package dev.flotilla.server.peer;

import org.jspecify.annotations.NullMarked;
