package dev.flotilla.storage;

/**
 * Where a term begins in a log.
 *
 * @param term the term
 * @param index the first entry of that term that the log holds
 * @param offset that entry's base offset
 */
public record TermStart(long term, long index, long offset) {}
