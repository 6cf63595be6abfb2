import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.stream.Stream;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import sun.security.util.HostnameChecker;

/** Says of each folder given what a Java client makes of its chain: name, tab, message ("" is yes). */
public class PkixClient {
    public static void main(String[] folders) throws Exception {
        for (String folder : folders) {
            System.out.println(Path.of(folder).getFileName() + "\t" + verdict(Path.of(folder)));
        }
    }

    private static String verdict(Path folder) throws Exception {
        X509Certificate[] chain = read(folder.resolve("chain.pem")).toArray(new X509Certificate[0]);
        try {
            trusting(folder.resolve("anchors.pem")).checkServerTrusted(chain, "UNKNOWN");
            String host = Files.readString(folder.resolve("host")).strip();
            HostnameChecker.getInstance(HostnameChecker.TYPE_TLS).match(host, chain[0]);
            return "";
        } catch (Exception error) {
            return String.valueOf(error.getMessage()).replace('\n', ' ').replace('\t', ' ');
        }
    }

    private static X509TrustManager trusting(Path anchors) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        int number = 0;
        for (X509Certificate one : read(anchors)) {
            store.setCertificateEntry("anchor" + number++, one);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        return Stream.of(factory.getTrustManagers()).map(X509TrustManager.class::cast).findFirst().get();
    }

    @SuppressWarnings("unchecked")
    private static Collection<X509Certificate> read(Path file) throws Exception {
        try (InputStream stream = new FileInputStream(file.toFile())) {
            Collection<? extends Certificate> found =
                CertificateFactory.getInstance("X.509").generateCertificates(stream);
            return (Collection<X509Certificate>) found;
        }
    }
}
