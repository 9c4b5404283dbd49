package dev.flotilla.server.api;

import dev.flotilla.server.group.CoordinatorLocator;
import dev.flotilla.server.network.RequestHandler;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.image.MetadataImage;

/** The handlers of all that clients ask about groups. */
public final class GroupHandlers {

  private GroupHandlers() {}

  public static List<RequestHandler> of(
      GroupCoordinator coordinator, CoordinatorLocator locator, Supplier<MetadataImage> images) {
    return List.of(
        new FindCoordinatorHandler(locator),
        new JoinGroupHandler(coordinator),
        new SyncGroupHandler(coordinator),
        new HeartbeatHandler(coordinator),
        new LeaveGroupHandler(coordinator),
        new ConsumerGroupHeartbeatHandler(coordinator),
        new OffsetCommitHandler(coordinator, images),
        new OffsetFetchHandler(coordinator, images),
        new OffsetDeleteHandler(coordinator, images),
        new ListGroupsHandler(coordinator),
        new DescribeGroupsHandler(coordinator),
        new ConsumerGroupDescribeHandler(coordinator),
        new DeleteGroupsHandler(coordinator));
  }
}
