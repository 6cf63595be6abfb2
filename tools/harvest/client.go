// One mail by Go's net/smtp, step by step as Alertmanager does it; its error is what is harvested.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"strings"
	"time"
)

func main() {
	if err := send(); err != nil {
		fmt.Println(err)
	}
}

func send() error {
	host := os.Getenv("RELAY_HOST")
	place := net.JoinHostPort(host, os.Getenv("RELAY_PORT"))
	pem, err := os.ReadFile(os.Getenv("RELAY_ROOT"))
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	settings := &tls.Config{ServerName: host, RootCAs: roots}
	var conn net.Conn
	if os.Getenv("RELAY_MODE") == "smtps" {
		dialer := &net.Dialer{Timeout: 3 * time.Second}
		conn, err = tls.DialWithDialer(dialer, "tcp", place, settings)
	} else {
		conn, err = net.DialTimeout("tcp", place, 3*time.Second)
	}
	if err != nil {
		return fmt.Errorf("establish connection to server: %w", err)
	}
	conn.SetDeadline(time.Now().Add(3 * time.Second))
	client, err := smtp.NewClient(conn, host)
	if err != nil {
		return fmt.Errorf("create SMTP client: %w", err)
	}
	defer client.Quit()
	if os.Getenv("RELAY_MODE") != "smtps" {
		if ok, _ := client.Extension("STARTTLS"); !ok {
			return fmt.Errorf("%q does not advertise the STARTTLS extension", place)
		}
		if err := client.StartTLS(settings); err != nil {
			return fmt.Errorf("send STARTTLS command: %w", err)
		}
	}
	auth := smtp.PlainAuth("", os.Getenv("RELAY_USER"), os.Getenv("RELAY_PASSWORD"), host)
	if err := client.Auth(auth); err != nil {
		return fmt.Errorf("%T auth: %w", auth, err)
	}
	if err := client.Mail(os.Getenv("RELAY_FROM")); err != nil {
		return fmt.Errorf("send MAIL command: %w", err)
	}
	if err := client.Rcpt(os.Getenv("RELAY_TO")); err != nil {
		return fmt.Errorf("send RCPT command: %w", err)
	}
	message, err := client.Data()
	if err != nil {
		return fmt.Errorf("send DATA command: %w", err)
	}
	text := "From: " + os.Getenv("RELAY_FROM") + "\r\nSubject: Harvest\r\n\r\n"
	if _, err := message.Write([]byte(text + strings.Repeat("A line.\r\n", 40))); err != nil {
		return fmt.Errorf("write body buffer: %w", err)
	}
	if err := message.Close(); err != nil {
		return fmt.Errorf("delivery failure: %w", err)
	}
	return nil
}
