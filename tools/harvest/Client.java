import java.io.FileInputStream;
import java.io.InputStream;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Properties;
import javax.mail.Message;
import javax.mail.MessagingException;
import javax.mail.PasswordAuthentication;
import javax.mail.Session;
import javax.mail.Transport;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeMessage;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** One mail by JavaMail; its stack trace is what is harvested. Settings come from the environment. */
public class Client {
    public static void main(String[] arguments) throws Exception {
        boolean wrapper = "smtps".equals(System.getenv("RELAY_MODE"));
        String protocol = wrapper ? "smtps" : "smtp";
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (InputStream file = new FileInputStream(System.getenv("RELAY_ROOT"))) {
            Certificate root = CertificateFactory.getInstance("X.509").generateCertificate(file);
            trusted.setCertificateEntry("root", root);
        }
        TrustManagerFactory factory =
            TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        Properties settings = new Properties();
        String begin = "mail." + protocol + ".";
        settings.setProperty("mail.transport.protocol", protocol);
        settings.setProperty(begin + "host", System.getenv("RELAY_HOST"));
        settings.setProperty(begin + "port", System.getenv("RELAY_PORT"));
        settings.setProperty(begin + "auth", "true");
        settings.setProperty(begin + "starttls.enable", "true");
        settings.setProperty(begin + "starttls.required", String.valueOf(!wrapper));
        settings.setProperty(begin + "ssl.checkserveridentity", "true");
        settings.setProperty(begin + "timeout", "3000");
        settings.setProperty(begin + "connectiontimeout", "3000");
        settings.put(begin + "ssl.socketFactory", context.getSocketFactory());
        Session session = Session.getInstance(settings);
        MimeMessage message = new MimeMessage(session);
        message.setFrom(new InternetAddress(System.getenv("RELAY_FROM")));
        message.setRecipient(Message.RecipientType.TO, new InternetAddress(System.getenv("RELAY_TO")));
        message.setSubject("Harvest");
        message.setText("A line.\r\n".repeat(40));
        try {
            Transport.send(message, System.getenv("RELAY_USER"), System.getenv("RELAY_PASSWORD"));
        } catch (MessagingException failure) {
            failure.printStackTrace();
        }
    }
}
