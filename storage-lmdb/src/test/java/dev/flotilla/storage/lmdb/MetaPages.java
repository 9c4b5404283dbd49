package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.testkit.CommitPages;

/** LMDB syncs all pages of a transaction, then writes and syncs one of the first two. */
final class MetaPages implements CommitPages {

  @Override
  public boolean contains(String file, int page) {
    return file.equals(EnvironmentFiles.ENVIRONMENT) && page < 2;
  }
}
