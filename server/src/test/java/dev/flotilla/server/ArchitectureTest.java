package dev.flotilla.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who may know whom. */
class ArchitectureTest {

  /** The package that puts a node's parts together and hands them to each other. */
  private static final String PUTS_TOGETHER = "dev.flotilla.server";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.flotilla", "org.apache.ratis.server.impl");

  @Test
  void shouldKeepRatisWithinRaftLog() {
    noClasses()
        .that()
        .resideInAPackage("dev.flotilla..")
        .and()
        .resideOutsideOfPackage("dev.flotilla.raft..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.ratis..")
        .check(CLASSES);
  }

  @Test
  void shouldNotNameAnEngineOutsideItsModule() {
    for (String engine : List.of("dev.flotilla.storage.mmap..", "dev.flotilla.storage.lmdb..")) {
      noClasses()
          .that()
          .resideOutsideOfPackage(engine)
          .should()
          .dependOnClassesThat()
          .resideInAPackage(engine)
          .check(CLASSES);
    }
  }

  @Test
  void shouldKeepLmdbWithinItsEngine() {
    noClasses()
        .that()
        .resideInAPackage("dev.flotilla..")
        .and()
        .resideOutsideOfPackage("dev.flotilla.storage.lmdb..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.lmdbjava..")
        .check(CLASSES);
  }

  @Test
  void shouldKeepTheStorageContractFreeOfKafkaRatisAndProtobuf() {
    noClasses()
        .that()
        .resideInAPackage("dev.flotilla.storage..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.apache.kafka..", "org.apache.ratis..", "com.google.protobuf..", "io.netty..")
        .check(CLASSES);
  }

  @Test
  void shouldKeepKafkaOutOfRaftLog() {
    noClasses()
        .that()
        .resideInAPackage("dev.flotilla.raft..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.kafka..")
        .check(CLASSES);
  }

  @Test
  void shouldKeepTheGroupCoordinatorsClassesInOnePackage() {
    noClasses()
        .that()
        .resideInAPackage("dev.flotilla.server..")
        .and()
        .resideOutsideOfPackages(
            PUTS_TOGETHER,
            "dev.flotilla.server.group..",
            "dev.flotilla.server.api..",
            "dev.flotilla.server.config..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.kafka.coordinator..")
        .check(CLASSES);
  }

  @Test
  void shouldKeepKafkasLogClassesNearThePartition() {
    noClasses()
        .that()
        .resideInAPackage("dev.flotilla.server..")
        .and()
        .resideOutsideOfPackages(
            PUTS_TOGETHER,
            "dev.flotilla.server.partition..",
            "dev.flotilla.server.api..",
            "dev.flotilla.server.config..",
            "dev.flotilla.server.group..",
            "dev.flotilla.server.metadata..",
            "dev.flotilla.server.network..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.apache.kafka.storage.internals..",
            "org.apache.kafka.common.record.internal..",
            "org.apache.kafka.image..",
            "org.apache.kafka.metadata..")
        .check(CLASSES);
  }
}
