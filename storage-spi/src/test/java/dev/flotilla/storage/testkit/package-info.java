/** The test kit of the storage contract. */
@NullMarked
package dev.flotilla.storage.testkit;

import org.jspecify.annotations.NullMarked;
