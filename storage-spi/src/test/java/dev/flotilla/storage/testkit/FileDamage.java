package dev.flotilla.storage.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;

/** What can happen to a file that nobody uses. */
enum FileDamage {
  /** One bit, mostly in a byte that is not zero: preallocated space matters to nobody. */
  FLIPPED_BIT {
    @Override
    byte[] of(byte[] bytes, SplittableRandom random) {
      if (bytes.length == 0) {
        return bytes;
      }
      int position = random.nextInt(bytes.length);
      for (int tries = 0; tries < 10_000 && bytes[position] == 0; tries++) {
        position = random.nextInt(bytes.length);
      }
      bytes[position] ^= (byte) (1 << random.nextInt(8));
      return bytes;
    }
  },

  DELETED {
    @Override
    byte[] of(byte[] bytes, SplittableRandom random) {
      throw new UnsupportedOperationException("there are none");
    }
  },

  /** Anywhere, now and then to nothing. */
  CUT {
    @Override
    byte[] of(byte[] bytes, SplittableRandom random) {
      return Arrays.copyOf(bytes, bytes.length - random.nextInt(bytes.length + 1));
    }
  },

  /** Some pages, or all that follows one. */
  ZEROED {
    @Override
    byte[] of(byte[] bytes, SplittableRandom random) {
      int pages = Math.ceilDiv(bytes.length, PAGE_BYTES);
      int from = PAGE_BYTES * random.nextInt(pages + 1);
      int to = random.nextBoolean() ? bytes.length : from + PAGE_BYTES * random.nextInt(1, 4);
      if (from < bytes.length) {
        Arrays.fill(bytes, from, Math.min(to, bytes.length), (byte) 0);
      }
      return bytes;
    }
  };

  private static final int PAGE_BYTES = 4096;

  abstract byte[] of(byte[] bytes, SplittableRandom random);

  /** Damages a file. */
  void inflict(Path file, SplittableRandom random) {
    try {
      if (this == DELETED) {
        Files.delete(file);
      } else {
        Files.write(file, of(Files.readAllBytes(file), random));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
