package dev.flotilla.raft;

import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/** Appends each command to a text and answers with the text. */
final class ConcatenatingMachine implements CommandStateMachine {

  static final Charset CHARSET = StandardCharsets.US_ASCII;

  /** Written by the applying thread, read by tests. */
  private volatile String text = "";

  /** Written by tests, read by the applying thread. */
  private volatile boolean failing;

  private final AtomicInteger commands = new AtomicInteger();

  String text() {
    return text;
  }

  /** Fails the next command, half applied. */
  void failNext() {
    failing = true;
  }

  /** How many commands were applied one by one, not restored. */
  int commands() {
    return commands.get();
  }

  @Override
  public ByteBuffer apply(long index, long term, ByteBuffer command) {
    commands.incrementAndGet();
    String longer = text + CHARSET.decode(command.duplicate());
    text = longer;
    if (failing) {
      text = longer + "?";
      throw new IllegalStateException("fails in the middle, as asked");
    }
    return snapshot();
  }

  @Override
  public ByteBuffer snapshot() {
    return CHARSET.encode(text);
  }

  @Override
  public void restore(long index, ByteBuffer snapshot) {
    text = CHARSET.decode(snapshot.duplicate()).toString();
  }
}
