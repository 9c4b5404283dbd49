package dev.flotilla.raft;

import java.util.Set;
import java.util.function.Function;
import org.apache.ratis.proto.RaftProtos.RequestVoteReplyProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.grpc.RaftServerProtocolServiceGrpc;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCall;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.Status;

/**
 * Lets through a node's port what Ratis' servers say to each other and the calls of peers. Ratis
 * would also take requests of clients there and, from anybody, orders to change members and
 * leaders; here nobody has a use for them but who should not have it.
 *
 * <p>It also stands between candidates and a replica that is on {@link Probation}. Raft would judge
 * them by its empty log: one that has less than was held gets an error in place of a vote, and of
 * any other the answer does not say that the log is empty, because Ratis counts no vote of a voter
 * that seems to have forgotten everything.
 */
final class PortGuard implements ServerInterceptor {

  private static final Set<String> SERVICES =
      Set.of(RaftServerProtocolServiceGrpc.SERVICE_NAME, PeerMethod.SERVICE);

  private final Function<RequestVoteRequestProto, VoteRule> votes;

  /**
   * Of one node.
   *
   * @param votes how a candidate may be answered; must not block
   */
  PortGuard(Function<RequestVoteRequestProto, VoteRule> votes) {
    this.votes = votes;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    MethodDescriptor<Q, A> method = call.getMethodDescriptor();
    String service = method.getServiceName();
    if (service == null || !SERVICES.contains(service)) {
      call.close(
          Status.PERMISSION_DENIED.withDescription(service + " is not served here"),
          new Metadata());
      return new ServerCall.Listener<>() {};
    }
    if (!method
        .getFullMethodName()
        .equals(RaftServerProtocolServiceGrpc.getRequestVoteMethod().getFullMethodName())) {
      return next.startCall(call, headers);
    }
    Answer<Q, A> answer = new Answer<>(call);
    return new Candidate<>(answer, next.startCall(answer, headers));
  }

  private final class Candidate<Q>
      extends ForwardingServerCallListener.SimpleForwardingServerCallListener<Q> {

    private final Answer<Q, ?> answer;

    /** Whether the call was closed here. Calls of a listener come one at a time. */
    private boolean refused;

    Candidate(Answer<Q, ?> answer, ServerCall.Listener<Q> next) {
      super(next);
      this.answer = answer;
    }

    @Override
    public void onMessage(Q message) {
      VoteRule rule =
          message instanceof RequestVoteRequestProto request
              ? votes.apply(request)
              : VoteRule.BY_THE_LOG;
      if (rule == VoteRule.REFUSED) {
        refused = true;
        answer.close(
            Status.FAILED_PRECONDITION.withDescription(
                "the candidate has less than was held by a log that is being repaired"),
            new Metadata());
        return;
      }
      answer.hidesEnd = rule == VoteRule.BY_WHAT_WAS_HELD;
      super.onMessage(message);
    }

    @Override
    public void onHalfClose() {
      if (!refused) {
        super.onHalfClose();
      }
    }
  }

  private static final class Answer<Q, A>
      extends ForwardingServerCall.SimpleForwardingServerCall<Q, A> {

    /** Written before the request is passed on, read when its answer comes. */
    private volatile boolean hidesEnd;

    Answer(ServerCall<Q, A> call) {
      super(call);
    }

    @Override
    @SuppressWarnings("unchecked") // The answer is replaced by another one of its own class.
    public void sendMessage(A message) {
      if (hidesEnd && message instanceof RequestVoteReplyProto reply) {
        super.sendMessage((A) reply.toBuilder().clearLastEntry().build());
      } else {
        super.sendMessage(message);
      }
    }
  }
}
