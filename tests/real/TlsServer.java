import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * An SMTP server on Java's own TLS: key store, port of STARTTLS, port of TLS at once.
 * It knows as many words as it takes to get to TLS and to leave again.
 */
public final class TlsServer {
    private static final char[] PASSWORD = "changeit".toCharArray();

    public static void main(String[] arguments) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (var file = Files.newInputStream(Path.of(arguments[0]))) {
            store.load(file, PASSWORD);
        }
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        listen(context, Integer.parseInt(arguments[1]), false);
        listen(context, Integer.parseInt(arguments[2]), true);
    }

    private static void listen(SSLContext context, int port, boolean atOnce) throws IOException {
        ServerSocket listener = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
        new Thread(() -> {
            while (true) {
                try {
                    Socket connection = listener.accept();
                    new Thread(() -> serve(context, connection, atOnce)).start();
                } catch (IOException error) {
                    return;
                }
            }
        }).start();
    }

    private static void serve(SSLContext context, Socket connection, boolean atOnce) {
        try (connection) {
            if (atOnce) {
                converse(begin(context, connection), "220 relay.example.com ESMTP\r\n", false);
            } else if (converse(connection, "220 relay.example.com ESMTP\r\n", true)) {
                converse(begin(context, connection), "", false);
            }
        } catch (IOException error) {
            // The client is gone, or wanted another TLS; the next one may fare better.
        }
    }

    private static Socket begin(SSLContext context, Socket connection) throws IOException {
        SSLSocket secured = (SSLSocket) context.getSocketFactory().createSocket(
            connection, connection.getInetAddress().getHostAddress(), connection.getPort(), true);
        secured.setUseClientMode(false);
        secured.startHandshake();
        return secured;
    }

    /** Answers commands until one ends it; whether that was STARTTLS. */
    private static boolean converse(Socket connection, String greeting, boolean offers)
            throws IOException {
        OutputStream out = connection.getOutputStream();
        say(out, greeting);
        var lines = new BufferedReader(
            new InputStreamReader(connection.getInputStream(), StandardCharsets.US_ASCII));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith("EHLO")) {
                say(out, offers ? "250-relay.example.com\r\n250 STARTTLS\r\n"
                    : "250 relay.example.com\r\n");
            } else if (offers && line.equals("STARTTLS")) {
                say(out, "220 2.0.0 Ready\r\n");
                return true;
            } else if (line.equals("QUIT")) {
                say(out, "221 2.0.0 Bye\r\n");
                return false;
            } else {
                say(out, "502 5.5.1 Unknown\r\n");
            }
        }
        return false;
    }

    private static void say(OutputStream out, String words) throws IOException {
        out.write(words.getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }
}
