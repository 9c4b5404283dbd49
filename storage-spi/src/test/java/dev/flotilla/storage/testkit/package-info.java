/**
 * The test kit of the storage contract. An engine passes the contract when its own tests extend the
 * kit's public abstract classes with one method each, which returns the engine's factory:
 *
 * <ul>
 *   <li>{@link dev.flotilla.storage.testkit.StorageEngineContractTest}: the contract's sentences;
 *   <li>{@link dev.flotilla.storage.testkit.StorageEngineModelTest}: random operations beside an
 *       oracle, more of them with {@code -Dflotilla.tests=long};
 *   <li>{@link dev.flotilla.storage.testkit.StorageEngineRecoveryTest}: crashes at any instant, for
 *       an engine that keeps files and tells its {@link dev.flotilla.storage.FlushListener} of
 *       every sync. An engine that keeps no files leaves out this one and those that follow;
 *   <li>{@link dev.flotilla.storage.testkit.StorageEngineCorruptionTest}: flipped bits, and files
 *       that are deleted, cut or zeroed;
 *   <li>{@link dev.flotilla.storage.testkit.StorageEngineKillTest}: a process that is killed while
 *       it writes;
 *   <li>{@link dev.flotilla.storage.testkit.StorageEngineSyncTest}: crashes that leave no more than
 *       the syncs themselves have named, and what {@code UNSAFE_OS} may lose, for an engine whose
 *       tests can see its syncs.
 * </ul>
 *
 * <p>{@link dev.flotilla.storage.testkit.StorageEnginesDifferenceTest} compares several engines
 * with each other.
 *
 * <p>The kit comes as a test-jar. A third party's engine depends on it so, beside JUnit Jupiter,
 * jqwik and AssertJ:
 *
 * <pre>{@code
 * <dependency>
 *   <groupId>dev.flotilla</groupId>
 *   <artifactId>flotilla-storage-spi</artifactId>
 *   <version>...</version>
 *   <type>test-jar</type>
 *   <scope>test</scope>
 * </dependency>
 * }</pre>
 *
 * <pre>{@code
 * final class MyEngineContractTest extends StorageEngineContractTest {
 *   protected StorageEngineFactory factory() {
 *     return new MyEngineFactory();
 *   }
 * }
 * }</pre>
 *
 * <p>For tests of what uses an engine there are {@link
 * dev.flotilla.storage.testkit.InMemoryEngineFactory}, which keeps logs in memory and is also the
 * oracle of the kit, {@link dev.flotilla.storage.testkit.GatedEngineFactory}, whose {@link
 * dev.flotilla.storage.testkit.FlushGate} holds back or fails flushes, and {@link
 * dev.flotilla.storage.testkit.TestEntries}, which builds entries.
 */
@NullMarked
package dev.flotilla.storage.testkit;

import org.jspecify.annotations.NullMarked;
