/** What an operator may set, and what it means. */
@NullMarked
package dev.flotilla.server.config;

import org.jspecify.annotations.NullMarked;
