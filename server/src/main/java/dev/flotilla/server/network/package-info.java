/**
 * From a socket to a handler and back.
 *
 * <p>An acceptor and a few network loops run on platform threads; each loop owns one selector of
 * Kafka's and the connections registered with it. One virtual thread for each connection does the
 * ordered part of its requests. Answers leave in the order of the requests. A request's memory is
 * accounted from its frame until its handling has ended and its answer is sent or never will be.
 */
@NullMarked
package dev.flotilla.server.network;

import org.jspecify.annotations.NullMarked;
