package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.proto.ReplicaDescriptor;
import dev.flotilla.proto.ReplicaKind;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryCompactor.Outcome;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.TestEntries;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;

/** A replica on the disk of a node that does not run, and what its log holds. */
final class ConvertedReplica {

  static final String MMAP = "mmap";
  static final String LMDB = "lmdb";

  private static final int SEGMENT_BYTES = 256 << 10;
  private static final int READ_BYTES = 10_000;

  private final Path directory;
  private final UUID group;

  ConvertedReplica(Path directory, UUID group) {
    this.directory = directory;
    this.group = group;
  }

  /**
   * What a log tells whoever asks.
   *
   * @param headers of all entries, of which compaction may have emptied some
   * @param payloads of all entries
   * @param batches read from each tenth offset on
   * @param indexes of each tenth offset and of some times
   */
  record Answers(
      LogBase base,
      List<EntryHeader> headers,
      List<ByteBuffer> payloads,
      List<ByteBuffer> batches,
      Map<Long, Long> indexes) {}

  UUID group() {
    return group;
  }

  /** The node that it is on, with segments of which a small log has several. */
  RaftNodeConfig config(String engine) {
    return config(engine, Map.of());
  }

  RaftNodeConfig config(String engine, Map<String, Map<String, String>> settings) {
    RaftNodeConfig usual = TestNodes.config(directory, 1, 0, engine);
    return new RaftNodeConfig(
        usual.self(),
        directory,
        engine,
        FlushMode.COMMIT,
        settings,
        SEGMENT_BYTES,
        usual.maxEntryBytes(),
        usual.queueBytes(),
        usual.electionTimeoutMin(),
        usual.electionTimeoutMax(),
        Clock.systemUTC());
  }

  EngineCatalog engines() {
    return engines(config(MMAP));
  }

  static EngineCatalog engines(RaftNodeConfig config) {
    return new EngineCatalog(config, Optional.empty(), name -> FlushListener.NONE);
  }

  Path root() {
    return directory.resolve("replicas");
  }

  ReplicaDirectory files() throws IOException {
    return ReplicaDirectory.open(root(), group);
  }

  ReplicaDescriptor descriptor() throws Exception {
    return files().descriptor();
  }

  LogId log() throws Exception {
    return StoredReplica.logId(descriptor());
  }

  /** Creates it, with an empty log. */
  void create(String engine, int voters) throws IOException {
    List<Voter> all = new ArrayList<>();
    for (int node = 1; node <= voters; node++) {
      all.add(new Voter(node + "-peer", node, "127.0.0.1", 9000 + node));
    }
    try (EngineCatalog engines = engines()) {
      ReplicaCreation.create(root(), group, "orders-0", ReplicaKind.LOG, all, engine, engines)
          .store()
          .close();
    }
  }

  /**
   * Creates it with all that a log can hold: a base that is not the first, terms, entries without
   * offsets, offsets that were left out, entries that compaction has made smaller or emptied.
   */
  void createFull(String engine, long seed) throws Exception {
    create(engine, 3);
    try (EngineCatalog engines = engines();
        LogStore store = engines.engine(engine).open(log())) {
      TestEntries entries = TestEntries.behind(LogBase.ORIGIN, seed);
      SplittableRandom random = new SplittableRandom(seed);
      for (int term = 1; term <= 5; term++) {
        entries.term(term);
        write(store, entries.raftOnly(70));
        for (int i = 0; i < 40; i++) {
          write(store, entries.data(random.nextInt(1, 2000), random.nextInt(1, 9000)));
        }
        entries.skipOffsets(3);
      }
      write(store, entries.data(200_000));
      EntryHeader dropped = store.header(20);
      store
          .dropPrefix(new LogBase(20, dropped.term(), dropped.endOffset(), dropped.digest()))
          .join();
      store.compact(21, 100, ConvertedReplica::everyThirdStays);
    }
  }

  /** Runs of emptied entries, entries with one batch of two, and entries as they were. */
  private static Outcome everyThirdStays(EntryHeader header, Slice payload) {
    if (header.index() % 10 < 6) {
      return new Outcome.Empty();
    }
    if (header.index() % 3 == 0) {
      return new Outcome.Keep();
    }
    ByteBuffer all = payload.buffers().getFirst();
    int length = header.batches().getLast().length();
    ByteBuffer last = ByteBuffer.allocate(length).put(all.slice(all.limit() - length, length));
    return new Outcome.Replace(
        List.of(header.batches().getLast()), ByteBuffer.wrap(new byte[] {7}), last.flip());
  }

  private static void write(LogStore store, Entry... entries) {
    store.write(WriteSet.append(List.of(entries))).join();
  }

  /** Appends so many entries of so many bytes to its log. */
  void append(int count, int bytes) throws Exception {
    try (EngineCatalog engines = engines();
        LogStore store = engines.engine(descriptor().getEngine()).open(log())) {
      TestEntries entries = TestEntries.behind(store, count);
      for (int i = 0; i < count; i += 50) {
        store.write(WriteSet.append(entries.several(Math.min(50, count - i), bytes))).join();
      }
    }
  }

  /** What its log answers in the engine that its descriptor names; no other holds any of it. */
  Answers answers() throws Exception {
    String engine = descriptor().getEngine();
    try (EngineCatalog engines = engines()) {
      for (String name : engines.used()) {
        if (name.equals(engine)) {
          assertThat(engines.engine(name).logs()).containsExactly(log());
        } else {
          assertThat(engines.engine(name).logs()).as(name).isEmpty();
        }
      }
      try (LogStore store = engines.engine(engine).open(log())) {
        return answers(store);
      }
    }
  }

  private static Answers answers(LogStore store) {
    List<EntryHeader> headers = new ArrayList<>();
    store.headers(store.base().index() + 1, store.endIndex(), headers::add);
    List<ByteBuffer> payloads = new ArrayList<>();
    Map<Long, Long> indexes = new TreeMap<>();
    for (EntryHeader header : headers) {
      payloads.add(copy(store.payload(header.index())));
      long time = header.appendTimeMs();
      indexes.put(time, store.indexOfTime(time).orElse(-1));
    }
    List<ByteBuffer> batches = new ArrayList<>();
    for (long offset = store.base().offset(); offset <= store.endOffset(); offset += 10) {
      indexes.put(offset, store.indexOfOffset(offset).orElse(-1));
      batches.add(copy(store.batches(offset, store.endOffset(), READ_BYTES, FirstBatch.WHOLE)));
    }
    return new Answers(store.base(), headers, payloads, batches, indexes);
  }

  private static ByteBuffer copy(Slice lent) {
    try (lent) {
      ByteBuffer copy = ByteBuffer.allocate(lent.bytes());
      lent.buffers().forEach(buffer -> copy.put(buffer.duplicate()));
      return copy.flip();
    }
  }

  /** What the start of a node does before it opens replicas. */
  void sweep(String nodeEngine) throws IOException {
    try (EngineCatalog engines = engines(config(nodeEngine))) {
      LogSweep.run(root(), nodeEngine, engines);
    }
  }

  /** What a node does before it opens this one. */
  ConversionTotals convert(String to) throws Exception {
    try (EngineCatalog engines = engines(config(to));
        Conversions conversions = new Conversions(engines, to, System::nanoTime)) {
      conversions.convert(files(), to);
      return conversions.totals();
    }
  }

  /** The same, on a disk with so much room, up to a step at which the process ends. */
  ConversionTotals convert(String to, DiskRoom.Usable room, Conversion.Failpoints failpoints)
      throws Exception {
    try (EngineCatalog engines = engines(config(to));
        Conversions conversions =
            new Conversions(engines, to, new DiskRoom(room), System::nanoTime, failpoints)) {
      conversions.convert(files(), to);
      return conversions.totals();
    }
  }
}
