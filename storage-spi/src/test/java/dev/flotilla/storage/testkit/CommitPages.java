package dev.flotilla.storage.testkit;

/**
 * Pages whose change is the commit of everything else. A transactional library beneath an engine
 * syncs twice: what a transaction wrote, and then the page that leads to it. An engine hears of the
 * end of both only. The kit takes the first sync for seen where an engine's tests name the pages
 * that are written behind it: no crash leaves such a page changed and something that was written
 * before it not. The change of a page lies within one sector, which a device writes whole or not.
 */
@FunctionalInterface
public interface CommitPages {

  /** For engines that tell of every sync. */
  CommitPages NONE = (_, _) -> false;

  /**
   * Whether a page is one.
   *
   * @param file its path below the engine's directory
   * @param page its number, in pages of 4 KiB
   */
  boolean contains(String file, int page);
}
