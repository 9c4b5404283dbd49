/** x. */
@NullMarked
package dev.flotilla.storage.mmap;

import org.jspecify.annotations.NullMarked;
