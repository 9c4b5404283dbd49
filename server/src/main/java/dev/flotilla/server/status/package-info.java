/** What a node knows of its cluster's health, and what several nodes know together. */
@NullMarked
package dev.flotilla.server.status;

import org.jspecify.annotations.NullMarked;
