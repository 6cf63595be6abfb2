"""The endpoint's side of the conversation: what SES says, word for word."""

from __future__ import annotations

import base64

import pytest

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal import words
from tocsin.rehearsal.account import SignIn
from tocsin.rehearsal.conversation import MOST_COLLECTED, Conversation, Manner
from tocsin.rehearsal.event import Answer, Submitted, Then
from tocsin.rehearsal.line import LONGEST

USER, PASSWORD = "AKIAEXAMPLE", "pass"
HELLO = (
    b"250-email-smtp.amazonaws.com\r\n250-8BITMIME\r\n250-STARTTLS\r\n"
    b"250-AUTH PLAIN LOGIN\r\n250 Ok\r\n"
)
HELLO_WRAPPED = HELLO.replace(b"250-STARTTLS\r\n", b"")
TRANSACTION = b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n"


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def check(user: str, password: str) -> SignIn:
    right = (user, password) == (USER, PASSWORD)
    return SignIn(words.SIGNED_IN if right else words.BAD_CREDENTIALS)


class Client:
    """A client that keeps what it was answered; messages are answered with `reply`."""

    def __init__(self, manner: Manner | None = None, reply: bytes = b"250 Ok id\r\n") -> None:
        self.conversation = Conversation(manner or Manner(), check, greeting=b"220 hello\r\n")
        self.reply = reply
        self.submissions = []
        self.thens = []
        self.steps = []

    def say(self, text: str | bytes) -> bytes:
        """What the endpoint answers to these octets (a line end is added to text)."""
        data = text if isinstance(text, bytes) else f"{text}\r\n".encode()
        return self.heard(self.conversation.receive(data))

    def heard(self, events) -> bytes:
        """The answers of these events, all in one."""
        answers, waiting = b"", list(events)
        while waiting:
            event = waiting.pop(0)
            if isinstance(event, Submitted):
                self.submissions.append(event.submission)
                waiting += self.conversation.settle(self.reply)
                continue
            assert isinstance(event, Answer)
            self.thens.append(event.then)
            self.steps.append(event.step)
            answers += event.text
        return answers

    @property
    def last(self) -> Then:
        return self.thens[-1]


@pytest.fixture
def plain():
    """A client before TLS."""
    return Client()


@pytest.fixture
def secure():
    """A client after TLS, not signed in."""
    client = Client()
    client.say("STARTTLS")
    client.conversation.secured()
    return client


@pytest.fixture
def signed_in(secure):
    """A client that may send."""
    assert secure.say(f"AUTH PLAIN {b64(f'{chr(0)}{USER}{chr(0)}{PASSWORD}')}") == words.SIGNED_IN
    return secure


def test_the_greeting_is_what_it_was_given():
    """It goes out first, as the answer to nothing."""
    answer = Client().conversation.begin()
    assert answer == Answer(Step.GREETING, b"220 hello\r\n")


def test_capabilities_are_those_of_ses(plain):
    """Four lines and Ok; AUTH is listed before TLS, and STARTTLS stays listed after it."""
    assert plain.say("EHLO client.example.com") == HELLO
    assert plain.say("STARTTLS") == b"220 Ready to start TLS\r\n"
    assert plain.last is Then.SECURE
    plain.conversation.secured()
    assert plain.say("ehlo client.example.com") == HELLO


def test_the_wrapper_lists_no_starttls():
    """On 465 and 2465 TLS stands already."""
    client = Client(Manner(wrapper=True))
    assert client.say("EHLO client.example.com") == HELLO_WRAPPED
    assert client.say("STARTTLS") == b"454 TLS not supported\r\n"


@pytest.mark.parametrize(
    "command",
    [
        "HELO x",
        "AUTH LOGIN",
        "RSET",
        "MAIL FROM:<a@example.com>",
        "RCPT TO:<a@b.example>",
        "DATA",
        "VRFY a",
        "EXPN a",
        "HELP",
    ],
)
def test_before_tls_almost_nothing_is_taken(plain, command):
    """Everything but EHLO, NOOP, QUIT and STARTTLS."""
    assert plain.say(command) == b"530 Must issue a STARTTLS command first\r\n"


@pytest.mark.parametrize(
    "command",
    ["MAIL FROM:<a@example.com>", "RCPT TO:<a@b.example>", "DATA", "VRFY a", "EXPN a", "HELP"],
)
def test_before_sign_in_no_mail_is_taken(secure, command):
    """Authentication comes first."""
    assert secure.say(command) == b"530 Authentication required\r\n"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("NOOP", b"250 Ok\r\n"),
        ("noop and more", b"250 Ok\r\n"),
        ("RSET", b"250 Ok\r\n"),
        ("HELO client.example.com", b"250 email-smtp.amazonaws.com\r\n"),
        ("EHLO", b"501 Syntax: EHLO hostname\r\n"),
        ("HELO", b"501 Syntax: HELO <hostname>\r\n"),
        ("STARTTLS", b"454 TLS not available due to temporary reason: TLS already active\r\n"),
        ("STARTTLS now", b"501 Syntax error (no parameters allowed)\r\n"),
        ("BDAT 5 LAST", b"500 Error: command not implemented\r\n"),
        ("XYZ", b"500 Error: bad syntax\r\n"),
        ("", b"500 Error: bad syntax\r\n"),
        ("VRFY op", b"502 VRFY command is disabled\r\n"),
        ("EXPN op", b"502 EXPN command is disabled\r\n"),
        ("DATA", b"503 5.5.1 Error: need MAIL command\r\n"),
        ("DATA now", b"501 Syntax error (no parameters allowed)\r\n"),
        ("RCPT TO:<b@example.net>", b"503 5.5.1 Error: need MAIL command\r\n"),
        ("MAIL", b"501 Syntax: MAIL FROM: <address>\r\n"),
        ("MAIL TO:<a@example.com>", b"501 Syntax: MAIL FROM: <address>\r\n"),
        ("MAIL FROM:<>", b"501 Invalid MAIL FROM address provided\r\n"),
        ("MAIL FROM:<AKIAEXAMPLE>", b"501 Invalid MAIL FROM address provided\r\n"),
        ("MAIL FROM:<root@localhost>", b"501 Invalid MAIL FROM address provided\r\n"),
        ("MAIL FROM:<a b@example.com>", b"553 <a b@example.com> Invalid email address\r\n"),
        ("MAIL FROM:<a@ex ample.com>", b"553 <a@ex ample.com> Invalid email address\r\n"),
        ("MAIL FROM:<a..b@example.com>", b"553 <a..b@example.com> Invalid email address\r\n"),
        ("MAIL FROM:<@example.com>", b"553 <@example.com> Invalid email address\r\n"),
        ("MAIL FROM: a@example.com", b"250 Ok\r\n"),
        ("mail from:<a@example.com> SIZE=12 BODY=8BITMIME", b"250 Ok\r\n"),
        ("MAIL FROM:a@example.com BODY=8BITMIME", b"250 Ok\r\n"),
        ('MAIL FROM:<"a > b"@example.com>', b"250 Ok\r\n"),
        ("AUTH PLAIN", b"503 Refusing any other AUTH command.\r\n"),
        ("QUIT", b"221 Bye\r\n"),
    ],
)
def test_each_command_has_its_answer(signed_in, command, answer):
    """The words of SES, for a client that is signed in."""
    assert signed_in.say(command) == answer


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("RCPT", b'501 Syntax: RCPT TO: <address>  Error in parameters: ""\r\n'),
        (
            "RCPT FROM:<a@example.com>",
            b'501 Syntax: RCPT TO: <address>  Error in parameters: "FROM:<a@example.com>"\r\n',
        ),
        ("RCPT TO:<op>", b"553 <op> address unknown\r\n"),
        ("RCPT TO:<>", b"553 <> address unknown\r\n"),
        ("RCPT TO:<op@@example.net>", b"553 <op@@example.net> address unknown\r\n"),
        ("RCPT TO:<op@example.net>", b"250 Ok\r\n"),
        ("RCPT TO:op@example.net", b"250 Ok\r\n"),
        ("MAIL FROM:<c@example.com>", b"503 5.5.1 Sender already specified.\r\n"),
        ("DATA", b"503 Error: need RCPT command\r\n"),
    ],
)
def test_within_a_transaction_each_command_has_its_answer(signed_in, command, answer):
    """After MAIL was taken."""
    signed_in.say("MAIL FROM:<a@example.com>")
    assert signed_in.say(command) == answer


def test_a_message_is_submitted_as_it_was_meant(signed_in):
    """Dots are unstuffed, and the envelope stands as it was given."""
    answer = signed_in.say(TRANSACTION)
    assert answer == b"250 Ok\r\n250 Ok\r\n354 End data with <CR><LF>.<CR><LF>\r\n"
    content = b"Subject: x\r\n\r\n..\r\n..two\r\nQUIT\r\nend\r\n.\r\n"
    assert signed_in.say(content) == b"250 Ok id\r\n"
    (submission,) = signed_in.submissions
    assert submission.sender == "a@example.com"
    assert submission.recipients == ("b@example.net",)
    assert submission.content == b"Subject: x\r\n\r\n.\r\n.two\r\nQUIT\r\nend\r\n"
    assert submission.size == len(submission.content)
    assert submission.user == USER


def test_an_empty_message_and_one_that_begins_with_its_end_are_messages(signed_in):
    """The dot after DATA stands at the start of a line too."""
    signed_in.say(TRANSACTION)
    assert signed_in.say(b".\r\n") == b"250 Ok id\r\n"
    assert signed_in.submissions[0].content == b""


def test_only_a_dot_between_full_line_ends_ends_a_message(signed_in):
    """What other servers take for an end (smuggling) is content here."""
    signed_in.say(TRANSACTION)
    smuggled = b"a\n.\r\nb\r\n.\nc\r.\r\nMAIL FROM:<x@example.com>\r\n"
    assert signed_in.say(smuggled) == b""
    assert signed_in.say(b".\r\n") == b"250 Ok id\r\n"
    assert len(signed_in.submissions) == 1
    # A dot at the start of a line is stuffing, whatever follows it.
    assert signed_in.submissions[0].content == smuggled.replace(b"\r\n.\n", b"\r\n\n")


def test_pipelined_commands_are_answered_one_by_one(signed_in):
    """PIPELINING is not offered, and a client that does it all the same loses nothing."""
    mail = TRANSACTION + b"Subject: 1\r\n\r\n.\r\n"
    answers = signed_in.say(mail + mail + b"QUIT\r\nNOOP\r\n")
    one = b"250 Ok\r\n250 Ok\r\n354 End data with <CR><LF>.<CR><LF>\r\n250 Ok id\r\n"
    assert answers == one + one + b"221 Bye\r\n"
    assert len(signed_in.submissions) == 2
    assert signed_in.last is Then.CLOSE
    assert signed_in.say("NOOP") == b""


def test_nothing_is_answered_while_a_message_waits_for_its_reply(signed_in):
    """What comes after the dot is kept until the message is settled."""
    events = signed_in.conversation.receive(TRANSACTION + b".\r\nNOOP\r\n")
    assert isinstance(events[-1], Submitted)
    assert signed_in.conversation.receive(b"RSET\r\n") == []
    settled = signed_in.conversation.settle(words.TEMPORARY)
    assert [one.text for one in settled] == [words.TEMPORARY, words.OK, words.OK]
    assert settled[0].step is Step.BODY


def test_a_message_that_is_too_long_is_read_to_its_end():
    """It is not kept, and the conversation goes on after it."""
    client = Client(Manner(wrapper=True, most_octets=1000))
    client.say(f"AUTH PLAIN {b64(f'{chr(0)}{USER}{chr(0)}{PASSWORD}')}")
    client.say(TRANSACTION)
    for _ in range(100):
        assert client.say(b"x" * 98 + b"\r\n") == b""
    assert client.say(b".\r\nNOOP\r\n") == b"250 Ok id\r\n250 Ok\r\n"
    (submission,) = client.submissions
    assert submission.content == b""
    assert submission.size > 1000


def test_the_end_of_a_message_that_is_too_long_may_come_in_any_pieces():
    """Of what is dropped, the octets stay that its end may begin with."""
    for cut in range(1, 6):
        client = Client(Manner(wrapper=True, most_octets=1000))
        client.say(f"AUTH PLAIN {b64(f'{chr(0)}{USER}{chr(0)}{PASSWORD}')}")
        client.say(TRANSACTION)
        end = b"\r\n.\r\n"
        assert client.say(b"x" * 5000 + end[:cut]) == (b"250 Ok id\r\n" if cut == 5 else b"")
        if cut < 5:
            assert client.say(b"".join((end[cut:], b"NOOP\r\n"))) == b"250 Ok id\r\n250 Ok\r\n"
        assert client.submissions[0].content == b""
        assert client.submissions[0].size > 1000


def test_a_message_of_exactly_the_most_octets_is_kept():
    """Stuffing does not count, nor does the final dot."""
    client = Client(Manner(wrapper=True, most_octets=1000))
    client.say(f"AUTH PLAIN {b64(f'{chr(0)}{USER}{chr(0)}{PASSWORD}')}")
    content = b".\r\n" * 330 + b"x" * 8 + b"\r\n"
    assert len(content) == 1000
    client.say(TRANSACTION)
    for octet in content.replace(b".", b"..") + b".\r\n":
        client.say(bytes((octet,)))
    assert client.submissions[0].content == content


def test_a_transaction_is_forgotten_by_rset_ehlo_and_its_end(signed_in):
    """Then MAIL is wanted again."""
    for end in ("RSET", "EHLO x", "HELO x"):
        signed_in.say("MAIL FROM:<a@example.com>")
        signed_in.say(end)
        assert signed_in.say("RCPT TO:<b@example.net>") == words.NEED_MAIL
    signed_in.say(TRANSACTION + b".\r\n")
    assert signed_in.say("DATA") == words.NEED_MAIL


def test_more_recipients_than_memory_has_are_refused(signed_in):
    """51 and more are collected: SES refuses them only at the end of DATA."""
    signed_in.say("MAIL FROM:<a@example.com>")
    for number in range(MOST_COLLECTED):
        assert signed_in.say(f"RCPT TO:<r{number}@example.net>") == words.OK
    assert signed_in.say("RCPT TO:<last@example.net>") == b"452 Error: too many recipients\r\n"


def test_a_connection_carries_so_many_messages():
    """Then MAIL is answered with leave."""
    client = Client(Manner(wrapper=True, most_messages=2))
    client.say(f"AUTH PLAIN {b64(f'{chr(0)}{USER}{chr(0)}{PASSWORD}')}")
    for _ in range(2):
        assert client.say(TRANSACTION + b".\r\n").endswith(b"250 Ok id\r\n")
    assert client.say("MAIL FROM:<a@example.com>") == (
        b"421 Connection closed by server. Maximum message count per session reached.\r\n"
    )
    assert client.last is Then.CLOSE


def test_what_was_said_before_tls_is_forgotten(plain):
    """Commands that follow STARTTLS in the clear are never carried out (RFC 3207 section 6)."""
    assert plain.say(b"STARTTLS\r\nNOOP\r\nQUIT\r\n") == words.START_TLS
    assert plain.say("NOOP") == b""
    plain.conversation.secured()
    assert plain.say("NOOP") == words.OK


@pytest.mark.parametrize(
    ("octets", "position"), [(b"NOOP\n", 4), (b"NO\rOP\r\n", 2), (b"\n", 0), (b"NOOP\r\r\n", 4)]
)
def test_a_bare_line_end_ends_the_connection(plain, octets, position):
    """CR and LF must be paired in commands."""
    answer = plain.say(octets + b"NOOP\r\n")
    assert (
        answer
        == (
            f"501 Syntax error at character position {position}. CR and LF must be CRLF paired.  "
            "See RFC 2821 #2.7.1.\r\n"
        ).encode()
    )
    assert plain.last is Then.CLOSE


def test_a_line_without_end_ends_the_connection(plain):
    """Memory has a limit."""
    assert plain.say(b"N" * LONGEST) == b""
    assert plain.say(b"N") == words.LINE_TOO_LONG
    assert plain.last is Then.CLOSE


def test_the_longest_line_may_be_cut_within_its_end(secure):
    """It is as long as a line may be, and no longer."""
    line = b"NOOP " + b"x" * (LONGEST - 5)
    assert secure.say(line + b"\r\n") == words.OK
    assert secure.say(line + b"\r") == b""
    assert secure.say(b"\n") == words.OK


def test_a_silent_client_is_told_and_left(plain):
    """The time-out is said once, and the connection ends."""
    (answer,) = plain.conversation.idle()
    assert answer.text == b"451 4.4.2 Timeout waiting for data from client.\r\n"
    assert answer.then is Then.CLOSE
    assert plain.conversation.idle() == []


# ---------------------------------------------------------------------- sign-in


def test_plain_with_an_initial_response(secure):
    """One line, one answer."""
    response = b64(f"\0{USER}\0{PASSWORD}")
    assert secure.say(f"auth plain {response}") == b"235 Authentication successful.\r\n"


def test_plain_with_a_question(secure):
    """The response follows the 334."""
    assert secure.say("AUTH PLAIN") == b"334 Ok\r\n"
    assert secure.say(b64(f"\0{USER}\0{PASSWORD}")) == b"235 Authentication successful.\r\n"


def test_login_asks_for_user_and_password(secure):
    """With the very prompts of SES."""
    assert secure.say("AUTH LOGIN") == b"334 VXNlcm5hbWU6\r\n"
    assert secure.say(b64(USER)) == b"334 UGFzc3dvcmQ6\r\n"
    assert secure.say(b64(PASSWORD)) == b"235 Authentication successful.\r\n"


def test_login_takes_the_user_with_the_command(secure):
    """As some clients do."""
    assert secure.say(f"AUTH LOGIN {b64(USER)}") == b"334 UGFzc3dvcmQ6\r\n"
    assert secure.say(b64(PASSWORD)) == b"235 Authentication successful.\r\n"


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["AUTH"], b"501 Syntax: AUTH mechanism [initial-response]\r\n"),
        (["AUTH CRAM-MD5"], b"504 The requested authentication mechanism is not supported\r\n"),
        (["AUTH PLAIN", "*"], b"501 Authentication canceled by client.\r\n"),
        (["AUTH LOGIN", "*"], b"501 Authentication canceled by client.\r\n"),
        (
            ["AUTH PLAIN", "not base64!"],
            b"501 Invalid command argument, not a valid Base64 string\r\n",
        ),
        (["AUTH PLAIN =="], b"501 Invalid command argument, not a valid Base64 string\r\n"),
        (["AUTH PLAIN /w=="], b"501 Invalid command argument, not a valid Base64 string\r\n"),
        (["AUTH PLAIN ="], b"535 Authentication Credentials Invalid\r\n"),
        (["AUTH PLAIN " + b64("no nul")], b"535 Authentication Credentials Invalid\r\n"),
        (["AUTH PLAIN " + b64("\0user\0wrong")], b"535 Authentication Credentials Invalid\r\n"),
        (["AUTH LOGIN", b64(USER), b64("wrong")], b"535 Authentication Credentials Invalid\r\n"),
    ],
)
def test_a_sign_in_that_fails(secure, lines, answer):
    """Each has its words, and commands are taken again afterwards."""
    for line in lines[:-1]:
        assert secure.say(line).startswith(b"334 ")
    assert secure.say(lines[-1]) == answer
    assert secure.say("MAIL FROM:<a@example.com>") == words.NEED_AUTH
    assert secure.say("NOOP") == words.OK


def test_an_endpoint_without_mechanisms_lists_no_auth():
    """And refuses it."""
    client = Client(Manner(wrapper=True, mechanisms=()))
    assert b"AUTH" not in client.say("EHLO x")
    assert client.say("AUTH PLAIN") == b"502 Authentication not supported\r\n"


def test_answers_name_the_step_they_answer(signed_in):
    """So that a misbehaviour knows its place."""
    signed_in.steps.clear()
    signed_in.say("EHLO x")
    signed_in.say(TRANSACTION + b".\r\nRSET\r\nNOOP\r\nQUIT\r\n")
    assert signed_in.steps == [
        Step.EHLO,
        Step.MAIL,
        Step.RCPT,
        Step.DATA,
        Step.BODY,
        Step.RSET,
        None,
        Step.QUIT,
    ]


def test_a_reply_cannot_be_ended_by_what_it_repeats(signed_in):
    """Control characters of the client do not come back as such, and no line is too long."""
    signed_in.say("MAIL FROM:<a@example.com>")
    answer = signed_in.say("RCPT TO:<a\x0b\x00@b>")
    assert answer == b"553 <a??@b> address unknown\r\n"
    answer = signed_in.say("RCPT TO:<" + "x" * 5000 + "@example.net>")
    assert len(answer) == 512
    assert answer.endswith(b"...\r\n")
