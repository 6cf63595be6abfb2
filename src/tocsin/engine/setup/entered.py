"""What a person enters in the setup assistant of Amazon SES."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.base.secret import Secret


@dataclass(frozen=True, slots=True)
class SmtpUser:
    """SMTP user name and password, as the SES console shows them once."""

    user: str
    password: Secret


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An IAM access key whose user may send; the SMTP password is derived from its secret."""

    access_key: str
    secret_key: Secret
    keep: bool = False
    """Store the secret too, so that Tocsin goes on watching the account."""
    watch: AccessKey | None = None
    """The key that the account is asked with where this one may only send, as that of a user
    made by `make_user`; whether it is stored is said by its own `keep`."""
    fresh: bool = False
    """Made a moment ago: IAM takes some seconds to tell SES of it, so a refusal is tried again."""

    @property
    def asking(self) -> AccessKey:
        """The key that the account is asked with."""
        return self.watch or self


@dataclass(frozen=True, slots=True)
class NewUser:
    """An access key that may make users at IAM: one that may only send is made with it."""

    access_key: str
    secret_key: Secret
    name: str
    """Name of the user to make."""
    keep: bool = False
    """Store the given secret too, so that Tocsin goes on watching the account."""


Credentials = SmtpUser | AccessKey | NewUser


@dataclass(frozen=True, slots=True)
class Entered:
    """A region and a way to sign in. What is None is chosen by the assistant."""

    region: str
    credentials: Credentials
    fips: bool = False
    server: str | None = None
    """``HOST`` or ``HOST:PORT`` in place of the region's own: a VPC endpoint, or a stand-in."""
    port: int | None = None
    encryption: str | None = None
    """``starttls`` or ``smtps``."""
    endpoint_url: str | None = None
    """Where the API is in place of AWS, for stand-ins."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is decided once the proposal was looked at."""

    sender: str
    """From address."""
    to: tuple[str, ...]
    """Recipients of the email action that is made, or changed."""
    action: str = "Mail the SOC"
    """Name of that action."""
    trust: tuple[str, ...] = ()
    """SHA-256 of the certificates that are to be trusted: any of those collected, or the one
    proposed."""
