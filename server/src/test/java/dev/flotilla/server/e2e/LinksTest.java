package dev.flotilla.server.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.flotilla.server.testing.LoopbackPorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The network that the tests of clusters cut: node 1 echoes, this process is node 2. */
@Timeout(60)
class LinksTest {

  /** So long nothing comes over a cut: what is held back is not there, however long it takes. */
  private static final int HELD_BACK_MS = 200;

  /** Ends a read that waits for what does not come; {@link Timeout} does not. */
  private static final int PATIENCE_MS = 30_000;

  private final Links links =
      new Links(3, node -> node == 2 ? Set.of(ProcessHandle.current().pid()) : Set.of());
  private int port;
  private ServerSocket echo;

  @BeforeEach
  void startEcho() throws IOException {
    port = LoopbackPorts.next(1);
    echo = new ServerSocket(port, 10, InetAddress.ofLiteral("127.0.0.1"));
    Thread.ofVirtual().start(this::accept);
    links.add(1, port);
  }

  private void accept() {
    while (true) {
      try {
        Socket socket = echo.accept();
        Thread.ofVirtual()
            .start(() -> {
              try (socket) {
                socket.getInputStream().transferTo(socket.getOutputStream());
              } catch (IOException e) {
                // The test is over.
              }
            });
      } catch (IOException e) {
        return;
      }
    }
  }

  @AfterEach
  void end() throws IOException {
    links.close();
    echo.close();
  }

  @Test
  void shouldHoldBackWhatIsSentOverACutAndDeliverItOnceHealed() throws IOException {
    try (Socket socket = connect()) {
      assertThat(echoed(socket, 'a')).isEqualTo('a');

      links.cut(2, 1);
      socket.setSoTimeout(HELD_BACK_MS);
      assertThatThrownBy(() -> echoed(socket, 'b')).isInstanceOf(SocketTimeoutException.class);

      links.heal();
      socket.setSoTimeout(PATIENCE_MS);
      assertThat(socket.getInputStream().read()).isEqualTo('b');
    }
  }

  @Test
  void shouldHoldBackNewConnectionsOfAnIsolatedNode() throws IOException {
    try (Socket before = connect()) {
      assertThat(echoed(before, 'a')).isEqualTo('a');
    }

    links.isolate(2);
    try (Socket socket = connect()) {
      socket.setSoTimeout(HELD_BACK_MS);
      assertThatThrownBy(() -> echoed(socket, 'a')).isInstanceOf(SocketTimeoutException.class);

      links.heal();
      socket.setSoTimeout(PATIENCE_MS);
      assertThat(socket.getInputStream().read()).isEqualTo('a');
    }
  }

  @Test
  void shouldLeaveOtherLinksAlone() throws IOException {
    links.isolate(3);
    try (Socket socket = connect()) {
      assertThat(echoed(socket, 'a')).isEqualTo('a');
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.setSoTimeout(PATIENCE_MS);
    socket.connect(new InetSocketAddress(InetAddress.ofLiteral(Links.host(1)), port), PATIENCE_MS);
    return socket;
  }

  private static int echoed(Socket socket, char each) throws IOException {
    socket.getOutputStream().write(each);
    return socket.getInputStream().read();
  }
}
