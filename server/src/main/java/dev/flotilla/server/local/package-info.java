/**
 * Nodes as processes of this machine: started, watched and stopped by a command that is not one of
 * them.
 *
 * <p>Not promised: that a node outlives the {@code cluster} command, or is started again by it.
 */
@NullMarked
package dev.flotilla.server.local;

import org.jspecify.annotations.NullMarked;
