"""``/api/v1/ses/setup``: the setup assistant of Amazon SES, looked at and carried out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from tocsin.api.body import described, read_model
from tocsin.api.caller import caller
from tocsin.api.listing import Text
from tocsin.base.secret import Secret
from tocsin.central.problem import Invalid, Problem
from tocsin.engine.setup.anchoring import chosen
from tocsin.engine.setup.entered import (
    AccessKey,
    Choice,
    Credentials,
    Entered,
    NewUser,
    SmtpUser,
)
from tocsin.engine.setup.look import look
from tocsin.engine.setup.told import proposal_json
from tocsin.engine.setup.whole import outcome_json, set_up

router = Router(tags=["amazon ses"])


def _secret(value: object) -> Secret:
    if not isinstance(value, str):
        raise ValueError("is no text")  # noqa: TRY004 -- pydantic asks for it
    return Secret(value)


_Secret = Annotated[
    Secret, PlainValidator(_secret), WithJsonSchema({"type": "string", "writeOnly": True})
]


class SesSetupLook(BaseModel):
    """A region, and one way to sign in: `user` and `password`, or `access_key` and `secret_key`.

    With `create_user` the access key makes an IAM user of that name, which may only send. Only
    with `keep_key` is the secret key stored. `trust`: SHA-256 of certificates of an earlier look
    that this one counts as trusted.
    """

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    region: Text
    user: Text | None = None
    password: _Secret | None = None
    access_key: Text | None = None
    secret_key: _Secret | None = None
    create_user: Text | None = None
    keep_key: bool = False
    server: Text | None = None
    port: int | None = None
    encryption: Literal["starttls", "smtps"] | None = None
    fips: bool = False
    endpoint_url: Text | None = None
    trust: list[Text] = Field(default_factory=list, max_length=20)


class SesSetup(SesSetupLook):
    """The same, with what is to be made of it: From address, recipients, action.

    `trust` are the certificates that are to be trusted, by the SHA-256 that the look gave.
    """

    sender: Text = Field(alias="from")
    to: list[Text] = Field(min_length=1, max_length=100)
    action: Text = "Mail the SOC"
    dry_run: bool = False
    test: bool = True
    """Whether Test Action follows."""


BODIES = {
    "SesSetupLook": SesSetupLook.model_json_schema(),
    "SesSetup": SesSetup.model_json_schema(),
}
"""Schemas for the API's description."""


def _reference(name: str) -> dict[str, Any]:
    return described({"$ref": f"#/components/schemas/{name}"})


@router.post(
    "/ses/setup/look",
    openapi_extra=_reference("SesSetupLook"),
    summary="What setting up Amazon SES would come to",
)
def look_at_setup(request: HttpRequest) -> dict[str, Any]:
    """Endpoint, chain and the certificate to trust, sign-in, account; nothing is changed.

    Credentials that cannot be right by their shape are told in `shape`, and nobody is asked.
    """
    given = read_model(request, SesSetupLook)
    principal, entered = caller(request), _entered(given)
    with _fields_of_the_body():
        proposal = look(principal, entered)
        if given.trust and proposal.collection is not None:
            proposal = look(principal, entered, trusting=chosen(proposal, given.trust))
    return proposal_json(proposal)


@router.post(
    "/ses/setup", openapi_extra=_reference("SesSetup"), summary="Set up mail by Amazon SES"
)
def carry_out_setup(request: HttpRequest) -> dict[str, Any]:
    """Look, apply in one configuration version, and test.

    `ok` is true when all came about; `problem` says why it ended before its end. What hinders
    (a chain that is not trusted, a sign-in that is refused) changes nothing. `stood_in` is true
    when the rehearsal relay took the test mail in place of what was set up.
    """
    given = read_model(request, SesSetup)
    choice = Choice(
        sender=given.sender,
        to=tuple(given.to),
        action=given.action,
        trust=tuple(given.trust),
    )
    principal, entered = caller(request), _entered(given)
    with _fields_of_the_body():
        outcome = set_up(principal, entered, choice, dry_run=given.dry_run, test=given.test)
    return outcome_json(outcome)


@contextmanager
def _fields_of_the_body() -> Iterator[None]:
    """The name of the user to make is called `create_user` in a body."""
    try:
        yield
    except Invalid as invalid:
        raise Invalid(
            replace(one, path="create_user") if one.path == "name" else one
            for one in invalid.problems
        ) from None


def _entered(given: SesSetupLook) -> Entered:
    return Entered(
        region=given.region,
        credentials=_credentials(given),
        fips=given.fips,
        server=given.server,
        port=given.port,
        encryption=given.encryption,
        endpoint_url=given.endpoint_url,
    )


def _credentials(given: SesSetupLook) -> Credentials:
    """The one way that was given.

    Raises:
        Invalid: none was, or both were.
    """
    if (given.access_key is None) == (given.user is None):
        problem = "either user or access_key is needed, and not both"
        raise Invalid([Problem("user", problem, "user and password, or access_key and secret_key")])
    if given.access_key is None:
        if given.create_user or given.keep_key:
            name = "create_user" if given.create_user else "keep_key"
            raise Invalid([Problem(name, "needs an access key", "access_key and secret_key")])
        return SmtpUser(given.user or "", given.password or Secret(""))
    secret = given.secret_key or Secret("")
    if given.create_user:
        return NewUser(given.access_key, secret, given.create_user, keep=given.keep_key)
    return AccessKey(given.access_key, secret, keep=given.keep_key)
