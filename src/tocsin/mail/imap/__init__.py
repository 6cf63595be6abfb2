"""A mailbox over IMAP4rev1 (RFC 3501), as far as looking for mails of our own needs it."""
