package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.lmdb.MetaPage.Tree;
import dev.flotilla.storage.lmdb.Page.DamageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The pages of LMDB's trees in an environment that nobody has open, and changes of them. */
final class TreePages {

  private final Path file;

  /** By the name of a database; the free list and the list of databases have names of their own. */
  private final Map<String, List<Long>> pages = new TreeMap<>();

  static final String FREE_LIST = "free list";
  static final String MAIN = "main";

  private TreePages(Path file) {
    this.file = file;
  }

  static TreePages of(Path file) throws IOException, DamageException {
    TreePages found = new TreePages(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      MetaPage even = MetaPage.readFrom(Page.read(channel, 0, Keys.PAGE_BYTES));
      MetaPage odd = MetaPage.readFrom(Page.read(channel, 1, Keys.PAGE_BYTES));
      MetaPage newest = even.transaction() > odd.transaction() ? even : odd;
      found.add(channel, FREE_LIST, newest.free());
      found.add(channel, MAIN, newest.main());
    }
    return found;
  }

  private void add(FileChannel channel, String name, Tree tree)
      throws IOException, DamageException {
    pages.put(name, new ArrayList<>());
    if (!tree.isEmpty()) {
      add(channel, name, tree.root(), tree.depth());
    }
  }

  private void add(FileChannel channel, String name, long number, int depth)
      throws IOException, DamageException {
    Page page = Page.read(channel, number, Keys.PAGE_BYTES);
    pages.getOrDefault(name, List.of()).add(number);
    for (int place = 0; place < page.nodes(); place++) {
      Page.Node node = page.node(place);
      if (depth > 1) {
        add(channel, name, node.child(), depth - 1);
      } else if (name.equals(MAIN)) {
        byte[] text = new byte[node.key().limit()];
        node.key().get(0, text);
        add(channel, new String(text, StandardCharsets.US_ASCII), Tree.readFrom(node.stored(), 0));
      }
    }
  }

  /** Pages of a tree, its root first. */
  List<Long> of(String name) {
    return pages.getOrDefault(name, List.of());
  }

  /** Writes two bytes into a page. */
  void put(long page, int at, int value) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.allocate(2).order(ByteOrder.LITTLE_ENDIAN);
      channel.write(bytes.putShort(0, (short) value), page * Keys.PAGE_BYTES + at);
    }
  }
}
