/** Stand-ins for the parts of a node, for tests of the others. */
@NullMarked
package dev.flotilla.server.testing;

import org.jspecify.annotations.NullMarked;
