"""The configuration document: looked at, changed, kept in versions."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from tocsin.base.clock import Instant, now
from tocsin.base.home import Home
from tocsin.base.ids import uuid7
from tocsin.base.secret import Secret
from tocsin.central.configuration import EMPTY, Configuration
from tocsin.central.document import Difference, diff, from_stored, merge, show, to_stored
from tocsin.central.problem import Problem
from tocsin.central.reading import Given, load
from tocsin.central.warning import warnings_of
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import entry, nudge
from tocsin.engine.errors import Conflict, NotFound
from tocsin.engine.kinds import KINDS
from tocsin.store import models
from tocsin.store.keys import HomeKey, Sealed, load_key
from tocsin.store.queries.rows import to_json

ROLES_TO_WAKE = ("responder", "intake")
_RESPONSE_PARTS = frozenset({"actions", "rules"})
_TRIES = 5

ReadFile = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the whole document."""

    number: int
    configuration: Configuration
    created_at: Instant
    actor: str
    origin: str
    summary: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change did; `version` is the present one when it changed nothing."""

    version: int
    differences: tuple[Difference, ...]
    made: bool
    """Whether a version was made: not in a dry run, not without a difference."""
    warnings: tuple[Problem, ...] = ()
    """What is allowed, and yet hardly meant."""


class _Latest:
    """The version read last.

    A version never changes; its time tells it from one of the same number in another
    database, after a restore say.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = _NONE

    def get(self, number: int, created_at: Instant) -> Version:
        with self._lock:
            if (self._version.number, self._version.created_at) != (number, created_at):
                self._version = _read(number)
            return self._version


_NONE = Version(0, EMPTY, 0, "", "", ())
_latest = _Latest()


def current_number() -> int:
    """Number of the version in force; 0 before the first change."""
    return _current_key()[0]


def current() -> Version:
    """The version in force."""
    number, created_at = _current_key()
    return _latest.get(number, created_at) if number else _NONE


def _current_key() -> tuple[int, Instant]:
    latest = models.ConfigurationVersion.objects.order_by("-number")
    return latest.values_list("number", "created_at").first() or (0, 0)


def version(number: int) -> Version:
    """A version by its number.

    Raises:
        NotFound: there is none.
    """
    return _NONE if number == 0 else _read(number)


def _read(number: int) -> Version:
    row = models.ConfigurationVersion.objects.filter(number=number).first()
    if row is None:
        raise NotFound("configuration version", str(number))
    return Version(
        number=row.number,
        configuration=from_stored(json.loads(row.document), _Secrets().fetch, KINDS),
        created_at=row.created_at,
        actor=row.actor,
        origin=row.origin,
        summary=tuple(row.summary.splitlines()),
    )


def history(
    principal: Principal, limit: int | None = 50, *, before: int | None = None
) -> list[Version]:
    """The latest versions, newest first; with `before` those below that number.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    present = current_number() + 1
    found = models.ConfigurationVersion.objects.filter(
        number__lt=present if before is None else max(0, min(before, present))
    )
    numbers = found.order_by("-number").values_list("number", flat=True)[:limit]
    return [_read(number) for number in numbers]


def show_document(principal: Principal, *, whole: bool = False) -> dict[str, Any]:
    """The document in force in the form that `change` takes, secrets as ``set``.

    With `whole` relays have also the fields that nobody set.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    return show(current().configuration, whole=whole)


def change(
    principal: Principal,
    document: Mapping[str, Any],
    *,
    read_file: ReadFile | None = None,
    expected: int | None = None,
    dry_run: bool = False,
) -> Changed:
    """Make the parts of `document` so; parts that are absent stay. All or nothing.

    With `expected`, only if that is still the version in force. A change that
    changes nothing makes no version.

    Raises:
        NotPermitted: the role may not change one of these parts.
        central.Invalid: names every problem of the document; nothing was changed.
        Conflict: another version came into force meanwhile.
    """
    rest = set(document) - _RESPONSE_PARTS
    require(principal, Permission.ADMINISTER if rest else Permission.CHANGE_RESPONSE)
    given = load(document, read_file or _no_files, KINDS, actor=principal.name, at=now())
    for _ in range(_TRIES):
        try:
            with transaction.atomic():
                changed = _change(principal, given, expected=expected, dry_run=dry_run)
            break
        except IntegrityError:
            continue  # somebody else made this number: look at theirs and merge again
    else:
        raise Conflict("the configuration is being changed by somebody else; try again")
    if changed.made:
        for role in ROLES_TO_WAKE:
            nudge.wake(role)
    return changed


def revert(principal: Principal, number: int, *, dry_run: bool = False) -> Changed:
    """Make the document as it was in that version; a version of its own comes of it.

    Secrets are taken as they are now: an old password is not brought back.

    Raises: as `change`; NotFound when there is no such version.
    """
    return change(principal, show(version(number).configuration), dry_run=dry_run)


def _change(principal: Principal, given: Given, *, expected: int | None, dry_run: bool) -> Changed:
    before = current()
    if expected is not None and expected != before.number:
        raise Conflict(
            f"version {before.number} came into force meanwhile; look at it and change again"
        )
    after = merge(before.configuration, given)
    differences = tuple(diff(before.configuration, after))
    warnings = tuple(warnings_of(after, now()))
    if dry_run or not differences:
        return Changed(before.number, differences, made=False, warnings=warnings)
    number = before.number + 1
    secrets = _Secrets()
    secrets.remember(before)
    models.ConfigurationVersion.objects.create(
        number=number,
        document=to_json(to_stored(after, secrets.keep)),
        created_at=now(),
        actor=principal.name,
        origin=principal.origin,
        summary="\n".join(_line(str(one)) for one in differences),
    )
    return Changed(number, differences, made=True, warnings=warnings)


def _line(text: str) -> str:
    """The text on one line of the history: a value may have line ends, and even a NUL."""
    return "".join(one if one.isprintable() else " " for one in text)


def _no_files(name: str) -> bytes:
    raise FileNotFoundError(f"{name}: files are read by 'tocsin config apply' alone")


class _Secrets:
    """Secrets of the document: rows of their own, sealed, each under an id."""

    def __init__(self) -> None:
        self._known: dict[str, Secret] = {}
        self._key: HomeKey | None = None

    @property
    def key(self) -> HomeKey:
        if self._key is None:
            self._key = load_key(Home.of_environment().key_file)
        return self._key

    def remember(self, one: Version) -> None:
        """A secret that stays keeps its row."""
        row = models.ConfigurationVersion.objects.filter(number=one.number).first()
        if row is not None:
            from_stored(json.loads(row.document), self.fetch, KINDS)

    def fetch(self, id_: str) -> Secret:
        """The secret of that id, opened."""
        row = models.StoredSecret.objects.get(id=id_)
        sealed = Sealed(row.key_id, bytes(row.ciphertext))
        secret = self.key.open(sealed, table="stored_secret", field=row.field, row=row.id)
        self._known[id_] = secret
        return secret

    def keep(self, field: str, secret: Secret) -> str:
        """The id of a secret: the one it has, or that of a new row."""
        for id_, known in self._known.items():
            if known == secret:
                return id_
        id_ = uuid7()
        sealed = self.key.seal(secret, table="stored_secret", field=field, row=id_)
        models.StoredSecret.objects.create(
            id=id_,
            field=field,
            key_id=sealed.key_id,
            ciphertext=sealed.ciphertext,
            created_at=now(),
        )
        self._known[id_] = secret
        return id_


# Changes of one thing, as pages and API make them: each is a change of the document.


def put_action(
    principal: Principal, action: Mapping[str, Any], *, replaces: str | None = None
) -> Changed:
    """Add an action, or replace the one named; rules follow a new name.

    Raises: as `change`; NotFound when there is nothing to replace.
    """
    require(principal, Permission.CHANGE_RESPONSE)
    latest = current()
    document = show(latest.configuration)
    actions = entry.put(document["actions"], action, "action", replaces)
    given: dict[str, Any] = {"actions": actions}
    new_name = action.get("name")
    if replaces is not None and new_name != replaces:
        given["rules"] = [
            {
                **rule,
                **{
                    when: [new_name if one == replaces else one for one in rule.get(when, [])]
                    for when in ("active", "inactive")
                },
            }
            for rule in document["rules"]
        ]
    return change(principal, given, expected=latest.number)


def remove_action(principal: Principal, name: str) -> Changed:
    """Remove an action that no rule names.

    Raises: as `change`; NotFound; Conflict names the rules that use it.
    """
    require(principal, Permission.CHANGE_RESPONSE)
    latest = current()
    document = show(latest.configuration)
    users = [
        rule["name"]
        for rule in document["rules"]
        if name in rule.get("active", []) or name in rule.get("inactive", [])
    ]
    if users:
        raise Conflict(f"the action is used by {', '.join(users)}; change these rules first")
    return change(
        principal,
        {"actions": entry.without(document["actions"], "action", name)},
        expected=latest.number,
    )


def put_rule(
    principal: Principal, rule: Mapping[str, Any], *, replaces: str | None = None
) -> Changed:
    """Add a rule at the end, or replace the one named.

    Raises: as `change`; NotFound when there is nothing to replace.
    """
    require(principal, Permission.CHANGE_RESPONSE)
    latest = current()
    rules = entry.put(show(latest.configuration)["rules"], rule, "rule", replaces)
    return change(principal, {"rules": rules}, expected=latest.number)


def remove_rule(principal: Principal, name: str) -> Changed:
    """Remove a rule.

    Raises: as `change`; NotFound.
    """
    require(principal, Permission.CHANGE_RESPONSE)
    latest = current()
    rules = entry.without(show(latest.configuration)["rules"], "rule", name)
    return change(principal, {"rules": rules}, expected=latest.number)
