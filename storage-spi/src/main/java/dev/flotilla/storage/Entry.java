package dev.flotilla.storage;

import java.nio.ByteBuffer;

/**
 * An entry to be written.
 *
 * @param header its header
 * @param payload its payload from position to limit; read with absolute access only. The engine may
 *     read it until the write is complete: nobody changes it before
 */
public record Entry(EntryHeader header, ByteBuffer payload) {}
