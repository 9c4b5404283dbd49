package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.lmdb.MetaPage.Tree;
import dev.flotilla.storage.lmdb.Page.DamageException;
import dev.flotilla.storage.lmdb.Page.Node;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the pages of an environment before LMDB does. LMDB's pages have no checksums, and it
 * trusts them: one flipped bit may have it read where nothing is mapped, which ends the process.
 * What is wrong here is found without: the trees, the free list, and that no page is in two places.
 * Values have checksums of their own.
 *
 * <p>The two meta pages are looked at always. The rest is read when the file is not larger than a
 * limit, so that the time is bounded, or shorter than the meta pages say; and after a crash, see
 * {@link CheckingProcess}.
 */
final class EnvironmentCheck {

  private static final int MAX_DEPTH = 32;

  private final FileChannel file;
  private final MetaPage meta;
  private final BitSet used = new BitSet();
  private final List<Tree> databases = new ArrayList<>();

  private long branches;
  private long leaves;
  private long overflows;
  private long entries;
  private @Nullable ByteBuffer lastKey;

  /** The least key that may follow; null if any may. */
  private @Nullable ByteBuffer separator;

  private EnvironmentCheck(FileChannel file, MetaPage meta) {
    this.file = file;
    this.meta = meta;
  }

  /** What a check has found. */
  sealed interface Verdict {

    /** No damage. */
    record Good() implements Verdict {}

    /** A file of another version of LMDB, or of a machine with other pages. */
    record Foreign(String what) implements Verdict {}

    /** Pages that cannot be so. */
    record Damaged(String what) implements Verdict {}
  }

  /** Checks a file that nobody has open. */
  static Verdict check(Path path, long checkedBytes) throws IOException {
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      return check(file, checkedBytes);
    } catch (DamageException e) {
      return new Verdict.Damaged(String.valueOf(e.getMessage()));
    }
  }

  private static Verdict check(FileChannel file, long checkedBytes)
      throws IOException, DamageException {
    Page first = Page.read(file, 0, Keys.PAGE_BYTES);
    Page second = Page.read(file, 1, Keys.PAGE_BYTES);
    MetaPage even = MetaPage.readFrom(first);
    MetaPage odd = MetaPage.readFrom(second);
    if (MetaPage.isMeta(first) && !MetaPage.isMeta(second) && even.hasOtherPages()) {
      return new Verdict.Foreign("it has pages of " + even.pageBytes() + " bytes");
    }
    if (!MetaPage.isMeta(first) || !MetaPage.isMeta(second)) {
      throw new DamageException("the file does not begin with meta pages");
    }
    if (even.version() == odd.version() && even.version() != MetaPage.VERSION) {
      return new Verdict.Foreign("another version of LMDB, with file format " + even.version());
    }
    if (even.version() != odd.version()) {
      throw new DamageException("the meta pages are of different versions");
    }
    even.check(first);
    odd.check(second);
    if (Math.abs(even.transaction() - odd.transaction()) != 1) {
      throw new DamageException(
          "the meta pages are of transactions that do not follow one another");
    }
    MetaPage newest = even.transaction() > odd.transaction() ? even : odd;
    boolean cut = file.size() < (newest.lastPage() + 1) * Keys.PAGE_BYTES;
    if (file.size() <= checkedBytes || cut) {
      new EnvironmentCheck(file, newest).walkAll();
    }
    return new Verdict.Good();
  }

  private void walkAll() throws IOException, DamageException {
    walk(meta.free(), Content.FREE_LIST);
    walk(meta.main(), Content.DATABASES);
    for (Tree database : List.copyOf(databases)) {
      walk(database, Content.ROWS);
    }
  }

  private enum Content {
    FREE_LIST,
    DATABASES,
    ROWS
  }

  private void walk(Tree tree, Content content) throws IOException, DamageException {
    branches = 0;
    leaves = 0;
    overflows = 0;
    entries = 0;
    lastKey = null;
    separator = null;
    if (tree.depth() > MAX_DEPTH || tree.isEmpty() != (tree.depth() == 0)) {
      throw new DamageException("a tree of depth " + tree.depth() + ", root " + tree.root());
    }
    if (!tree.isEmpty()) {
      walk(tree.root(), tree.depth(), content);
    }
    Tree found =
        new Tree(tree.flags(), tree.depth(), branches, leaves, overflows, entries, tree.root());
    if (!found.equals(tree)) {
      throw new DamageException("a tree that should be " + tree + " is " + found);
    }
  }

  private void walk(long number, int depth, Content content) throws IOException, DamageException {
    use(number, 1);
    Page page =
        Page.read(file, number, Keys.PAGE_BYTES).ofKind(depth > 1 ? Page.BRANCH : Page.LEAF);
    int nodes = page.nodes();
    int space = 0;
    if (nodes == 0) {
      throw page.damage("is empty");
    }
    for (int place = 0; place < nodes; place++) {
      Node node = page.node(place);
      space += Page.spaceOf(node);
      if (depth > 1) {
        checkSeparator(page, place, node, content);
        walk(node.child(), depth - 1, content);
      } else {
        checkOrder(page, node.key(), content);
        leaf(page, node, content);
      }
    }
    if (space != Keys.PAGE_BYTES - (page.bytes().getShort(14) & 0xffff)) {
      throw page.damage("has nodes that overlap");
    }
    if (depth > 1) {
      branches++;
    } else {
      leaves++;
      entries += nodes;
    }
  }

  /** Keys before a separator are smaller; the first child has none. */
  private void checkSeparator(Page page, int place, Node node, Content content)
      throws DamageException {
    if (place > 0) {
      ByteBuffer before = lastKey;
      if (before == null || compare(before, node.key(), content) >= 0) {
        throw page.damage("separates keys that are not in order");
      }
      separator = node.key();
    }
  }

  private void checkOrder(Page page, ByteBuffer key, Content content) throws DamageException {
    ByteBuffer before = lastKey;
    ByteBuffer least = separator;
    if ((before != null && compare(before, key, content) >= 0)
        || (least != null && compare(least, key, content) > 0)) {
      throw page.damage("has keys that are not in order");
    }
    separator = null;
    lastKey = key;
  }

  private static int compare(ByteBuffer left, ByteBuffer right, Content content)
      throws DamageException {
    if (content != Content.FREE_LIST) {
      int difference = left.mismatch(right);
      if (difference < 0 || difference >= Math.min(left.limit(), right.limit())) {
        return left.limit() - right.limit();
      }
      return Byte.compareUnsigned(left.get(difference), right.get(difference));
    }
    if (left.limit() != Long.BYTES || right.limit() != Long.BYTES) {
      throw new DamageException("a key of the free list is no number");
    }
    return Long.compareUnsigned(
        left.order(ByteOrder.LITTLE_ENDIAN).getLong(0),
        right.order(ByteOrder.LITTLE_ENDIAN).getLong(0));
  }

  private void leaf(Page page, Node node, Content content) throws IOException, DamageException {
    boolean database = content == Content.DATABASES;
    if ((node.flags() & ~Page.BIG) != (database ? Page.DATABASE : 0)) {
      throw page.damage("has a node with flags " + node.flags());
    }
    int pages = node.isBig() ? overflow(node, content) : 0;
    switch (content) {
      case DATABASES -> {
        if (node.valueBytes() != Tree.BYTES) {
          throw page.damage("describes a database in " + node.valueBytes() + " bytes");
        }
        Tree tree = Tree.readFrom(node.stored(), 0);
        if (tree.flags() != 0) {
          throw page.damage("describes a database with flags " + tree.flags());
        }
        databases.add(tree);
      }
      case FREE_LIST -> freeList(page, node, pages);
      case ROWS -> {}
    }
  }

  /** Takes note of the overflow pages of a value; how many there are. */
  private int overflow(Node node, Content content) throws IOException, DamageException {
    Page first = Page.read(file, node.child(), Page.HEAD_BYTES).ofKind(Page.OVERFLOW);
    int pages = (Page.HEAD_BYTES - 1 + node.valueBytes()) / Keys.PAGE_BYTES + 1;
    if (first.overflowPages() < pages
        || (content == Content.ROWS && first.overflowPages() != pages)) {
      throw first.damage("is the first of " + first.overflowPages() + ", not of " + pages);
    }
    use(node.child(), first.overflowPages());
    overflows += first.overflowPages();
    return first.overflowPages();
  }

  private void freeList(Page page, Node node, int pages) throws IOException, DamageException {
    ByteBuffer value = node.stored();
    if (pages > 0) {
      Page big = Page.read(file, node.child(), Page.HEAD_BYTES + node.valueBytes());
      value = big.bytes().slice(Page.HEAD_BYTES, node.valueBytes()).order(ByteOrder.LITTLE_ENDIAN);
    }
    long count = value.limit() >= Long.BYTES ? value.getLong(0) : -1;
    if (count < 0 || count > value.limit() / Long.BYTES - 1) {
      throw page.damage("lists " + count + " free pages");
    }
    long last = Long.MAX_VALUE;
    for (int i = 1; i <= count; i++) {
      long free = value.getLong(i * Long.BYTES);
      if (free >= last) {
        throw page.damage("lists free pages that are not in order");
      }
      use(free, 1);
      last = free;
    }
  }

  private void use(long page, int count) throws DamageException {
    if (page < 2 || count < 1 || page + count - 1 > meta.lastPage()) {
      throw new DamageException(
          "%d pages from %d on are named, of %d".formatted(count, page, meta.lastPage() + 1));
    }
    for (long each = page; each < page + count; each++) {
      int bit = Math.toIntExact(each);
      if (used.get(bit)) {
        throw new DamageException("page " + each + " is used twice");
      }
      used.set(bit);
    }
  }
}
