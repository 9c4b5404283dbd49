package dev.flotilla.raft;

import java.util.Set;
import org.apache.ratis.proto.grpc.RaftServerProtocolServiceGrpc;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.Status;

/**
 * Lets through a node's port what Ratis' servers say to each other and the calls of peers. Ratis
 * would also take requests of clients there and, from anybody, orders to change members and
 * leaders; here nobody has a use for them but who should not have it.
 */
final class PortGuard implements ServerInterceptor {

  private static final Set<String> SERVICES =
      Set.of(RaftServerProtocolServiceGrpc.SERVICE_NAME, PeerMethod.SERVICE);

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String service = call.getMethodDescriptor().getServiceName();
    if (service != null && SERVICES.contains(service)) {
      return next.startCall(call, headers);
    }
    call.close(
        Status.PERMISSION_DENIED.withDescription(service + " is not served here"), new Metadata());
    return new ServerCall.Listener<>() {};
  }
}
