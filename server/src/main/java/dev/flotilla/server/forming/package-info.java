/**
 * How nodes become one cluster: formed once, joined later. See {@link
 * dev.flotilla.server.forming.Enrollment} for the states of a node.
 *
 * <p>What must hold: there is never a second cluster of the same nodes, and no replica of the
 * metadata group votes that may have voted before and forgotten it. What is not promised: that a
 * cluster forms, or a node joins, while a node that is needed for it is down; they wait and say for
 * whom.
 */
@NullMarked
package dev.flotilla.server.forming;

import org.jspecify.annotations.NullMarked;
