package dev.flotilla.server.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class ConnectionLimitsTest {

  @Test
  void shouldNotAdmitMoreOfAnAddressThanItMayHaveWhenSeveralListenersWait() throws Exception {
    // given
    var limits = new ConnectionLimits(2, 1);
    assertThat(limits.admit(address(1))).isTrue();
    assertThat(limits.admit(address(2))).isTrue();
    var acceptors = new ArrayList<FutureTask<Boolean>>();
    for (int i = 0; i < 2; i++) {
      var acceptor = new FutureTask<>(() -> limits.admit(address(3)));
      var thread = Thread.ofPlatform().daemon().start(acceptor);
      acceptors.add(acceptor);
      ServerUnderTest.await("waiting", () -> thread.getState() == Thread.State.WAITING);
    }

    // when
    limits.release(address(1));
    limits.release(address(2));

    // then
    int admitted = 0;
    for (var acceptor : acceptors) {
      admitted += acceptor.get(30, TimeUnit.SECONDS) ? 1 : 0;
    }
    assertThat(admitted).isEqualTo(1);
    assertThat(limits.open()).isEqualTo(1);
  }

  private static InetAddress address(int last) throws UnknownHostException {
    return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last});
  }
}
