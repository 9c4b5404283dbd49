package dev.flotilla.storage.mmap;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/** A channel that asks before each read, write and sync, and tells what came of it. */
final class WatchedChannel extends FileChannel {

  private final FileChannel channel;
  private final Watcher watcher;

  /** Fails what it wants to fail. */
  interface Watcher {

    default void writing() throws IOException {}

    default void syncing() throws IOException {}

    default void synced() {}

    default void reading() throws IOException {}

    default void read(long bytes) {}
  }

  WatchedChannel(FileChannel channel, Watcher watcher) {
    this.channel = channel;
    this.watcher = watcher;
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    watcher.reading();
    return told(channel.read(target));
  }

  @Override
  public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
    long bytes = channel.read(targets, offset, length);
    watcher.read(bytes);
    return bytes;
  }

  @Override
  public int read(ByteBuffer target, long position) throws IOException {
    watcher.reading();
    return told(channel.read(target, position));
  }

  private int told(int bytes) {
    watcher.read(bytes);
    return bytes;
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    watcher.writing();
    return channel.write(source);
  }

  @Override
  public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
    watcher.writing();
    return channel.write(sources, offset, length);
  }

  @Override
  public int write(ByteBuffer source, long position) throws IOException {
    watcher.writing();
    return channel.write(source, position);
  }

  @Override
  public long position() throws IOException {
    return channel.position();
  }

  @Override
  public FileChannel position(long newPosition) throws IOException {
    channel.position(newPosition);
    return this;
  }

  @Override
  public long size() throws IOException {
    return channel.size();
  }

  @Override
  public FileChannel truncate(long size) throws IOException {
    watcher.writing();
    channel.truncate(size);
    return this;
  }

  @Override
  public void force(boolean metaData) throws IOException {
    watcher.syncing();
    channel.force(metaData);
    watcher.synced();
  }

  @Override
  public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
    return channel.transferTo(position, count, target);
  }

  @Override
  public long transferFrom(ReadableByteChannel source, long position, long count)
      throws IOException {
    return channel.transferFrom(source, position, count);
  }

  @Override
  public MappedByteBuffer map(MapMode mode, long position, long size) throws IOException {
    return channel.map(mode, position, size);
  }

  @Override
  public MemorySegment map(MapMode mode, long position, long size, Arena arena) throws IOException {
    watcher.reading();
    return channel.map(mode, position, size, arena);
  }

  @Override
  public FileLock lock(long position, long size, boolean shared) throws IOException {
    return channel.lock(position, size, shared);
  }

  @Override
  public FileLock tryLock(long position, long size, boolean shared) throws IOException {
    return channel.tryLock(position, size, shared);
  }

  @Override
  protected void implCloseChannel() throws IOException {
    channel.close();
  }
}
