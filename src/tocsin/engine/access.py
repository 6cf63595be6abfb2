"""People, tokens and their roles."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from tocsin.base.clock import DAY, Instant, now
from tocsin.base.secret import Secret
from tocsin.domain.principal import Permission, Principal, Role, require
from tocsin.engine.errors import Conflict, NotFound, Refused
from tocsin.faults.fault import Finding
from tocsin.store.models import Person, Token

LOCAL = Principal("local administrator", Role.ADMINISTRATOR, "command")
"""Whoever can run a command on the home owns its files, and so may do everything."""

_FIRST = "administrator"
_NAME_LENGTH = 150


@dataclass(frozen=True, slots=True)
class PersonView:
    """Someone who signs in."""

    name: str
    role: Role
    one_time: bool
    created_at: Instant
    created_by: str
    last_signed_in: str | None


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token, without the token."""

    name: str
    role: Role
    created_at: Instant
    created_by: str
    expires_at: Instant | None


def person_principal(person: Person, origin: str) -> Principal:
    """On whose behalf a signed-in person acts."""
    return Principal(person.name, Role(person.role), origin)


def first_administrator() -> Secret | None:
    """Make the first person, when there is nobody yet, and give the one-time password."""
    password = _one_time_password()
    with transaction.atomic():
        if Person.objects.exists():
            return None
        try:
            with transaction.atomic():
                _create(_FIRST, Role.ADMINISTRATOR, password, by="first start")
        except IntegrityError:
            return None
    return password


def people(principal: Principal) -> list[PersonView]:
    """Everybody who can sign in."""
    require(principal, Permission.ADMINISTER)
    return [
        PersonView(
            name=row.name,
            role=Role(row.role),
            one_time=row.one_time,
            created_at=row.created_at,
            created_by=row.created_by,
            last_signed_in=row.last_login.isoformat() if row.last_login else None,
        )
        for row in Person.objects.order_by("name")
    ]


def add_person(principal: Principal, name: str, role: Role) -> Secret:
    """Let somebody in; gives the one-time password of their first sign-in.

    Raises:
        NotPermitted: the role may not.
        Refused: the name cannot be one.
        Conflict: the name is taken.
    """
    require(principal, Permission.ADMINISTER)
    _check_name(name)
    password = _one_time_password()
    try:
        with transaction.atomic():
            _create(name, role, password, by=principal.name)
    except IntegrityError:
        raise Conflict(f"there is already somebody named {name}") from None
    return password


def reset_password(principal: Principal, name: str) -> Secret:
    """Give somebody a new one-time password; their old one ends."""
    require(principal, Permission.ADMINISTER)
    person = _person(name)
    password = _one_time_password()
    person.password = make_password(password.reveal())
    person.one_time = True
    with transaction.atomic():
        person.save(update_fields=["password", "one_time"])
    return password


def set_own_password(person: Person, new: Secret) -> None:
    """Replace a person's password by one of their own choice.

    Raises:
        Refused: too easy to guess; the finding says why.
    """
    try:
        validate_password(new.reveal(), user=person)
    except ValidationError as error:
        raise Refused(
            Finding(
                "input.invalid",
                {"field": "password", "problem": " ".join(error.messages)},
            )
        ) from None
    person.password = make_password(new.reveal())
    person.one_time = False
    with transaction.atomic():
        person.save(update_fields=["password", "one_time"])


def change_role(principal: Principal, name: str, role: Role) -> None:
    """Give somebody another role.

    Raises:
        NotPermitted: the role may not.
        NotFound: there is nobody of that name.
        Conflict: nobody would be left to administer.
    """
    require(principal, Permission.ADMINISTER)
    with transaction.atomic():
        person = _person(name)
        person.role = role.value
        person.save(update_fields=["role"])
        _keep_an_administrator()


def remove_person(principal: Principal, name: str) -> None:
    """Let somebody in no more; their sessions end with them.

    Raises:
        NotPermitted: the role may not.
        NotFound: there is nobody of that name.
        Conflict: nobody would be left to administer.
    """
    require(principal, Permission.ADMINISTER)
    with transaction.atomic():
        _person(name).delete()
        _keep_an_administrator()


def _keep_an_administrator() -> None:
    if not Person.objects.filter(role=Role.ADMINISTRATOR.value, is_active=True).exists():
        raise Conflict("somebody must stay administrator; give another person that role first")


def _person(name: str) -> Person:
    person = Person.objects.filter(name=name).first()
    if person is None:
        raise NotFound("person", name)
    return person


def _create(name: str, role: Role, password: Secret, *, by: str) -> None:
    Person.objects.create(
        name=name,
        role=role.value,
        password=make_password(password.reveal()),
        one_time=True,
        created_at=now(),
        created_by=by,
    )


def _check_name(name: str) -> None:
    if not name or len(name) > _NAME_LENGTH or not name.isprintable() or name != name.strip():
        raise Refused(
            Finding(
                "input.invalid",
                {
                    "field": "name",
                    "problem": f"is not a name of 1 to {_NAME_LENGTH} printable characters "
                    "without blanks at its ends",
                },
            )
        )


def _one_time_password() -> Secret:
    # No characters that look alike in a terminal; 5 groups of 4 from 31 are 99 bits.
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    groups = ("".join(secrets.choice(letters) for _ in range(4)) for _ in range(5))
    return Secret("-".join(groups))


def tokens(principal: Principal) -> list[TokenView]:
    """Every token, without its content."""
    require(principal, Permission.ADMINISTER)
    return [
        TokenView(row.name, Role(row.role), row.created_at, row.created_by, row.expires_at)
        for row in Token.objects.order_by("name")
    ]


def add_token(principal: Principal, name: str, role: Role, *, days: int | None = None) -> Secret:
    """Make a token; this is the only time that its content is seen.

    Raises:
        NotPermitted: the role may not.
        Refused: the name or the number of days cannot be one.
        Conflict: the name is taken.
    """
    require(principal, Permission.ADMINISTER)
    _check_name(name)
    if days is not None and not 1 <= days <= 36_500:  # noqa: PLR2004 -- a century is enough
        raise Refused(
            Finding("input.invalid", {"field": "days", "problem": "is not between 1 and 36500"})
        )
    token = Secret("tocsin_" + secrets.token_urlsafe(32))
    made_at = now()
    try:
        with transaction.atomic():
            Token.objects.create(
                name=name,
                role=role.value,
                digest=_digest(token),
                created_at=made_at,
                created_by=principal.name,
                expires_at=None if days is None else made_at + days * DAY,
            )
    except IntegrityError:
        raise Conflict(f"there is already a token named {name}") from None
    return token


def remove_token(principal: Principal, name: str) -> None:
    """End a token at once.

    Raises:
        NotPermitted: the role may not.
        NotFound: there is none of that name.
    """
    require(principal, Permission.ADMINISTER)
    with transaction.atomic():
        removed, _ = Token.objects.filter(name=name).delete()
    if not removed:
        raise NotFound("token", name)


def principal_of_token(token: Secret) -> Principal | None:
    """On whose behalf the bearer acts; None when the token is none of ours or has ended."""
    row = Token.objects.filter(digest=_digest(token)).first()
    if row is None or (row.expires_at is not None and row.expires_at <= now()):
        return None
    return Principal(row.name, Role(row.role), "api")


def _digest(token: Secret) -> str:
    # The token is 256 random bits: a plain hash cannot be searched for it.
    return hashlib.sha256(token.reveal().encode()).hexdigest()
