"""A document as given, into checked parts: every problem found is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from tocsin.base.clock import Instant
from tocsin.central.arrival import FIELDS as ARRIVAL_FIELDS
from tocsin.central.arrival import Arrival, read_mailbox_password
from tocsin.central.configuration import PARTS, Ciphers, Outbox, RuleEntry, TrustEntry
from tocsin.central.kinds import Kinds, KindSchema
from tocsin.central.notation import parse
from tocsin.central.problem import (
    Invalid,
    Problem,
    join,
    problems_of,
    shown,
    unknown_name,
)
from tocsin.central.relay import (
    FIELDS,
    FURTHER_FIELDS,
    SET,
    check_relay,
    read_fields,
    read_password,
)
from tocsin.central.ses import FIELDS as SES_FIELDS
from tocsin.central.ses import Ses, read_secret_key
from tocsin.central.smtp import FIRST, REHEARSAL, FurtherRelay, Smtp
from tocsin.trust.certificate import NotCertificates, read_certificates
from tocsin.trust.ciphercheck import check_policy
from tocsin.trust.policy import PRESETS, RefusedCiphers

__all__ = ["SET", "Given", "ReadFile", "load", "parse"]

ReadFile = Callable[[str], bytes]
"""The content of a file that a document names.

Raises:
    OSError: it cannot be read.
"""

_MOST_ENTRIES = 10_000
_TRUST_FIELDS = ("name", "file", "pem", "knowingly", "origin")
_ORIGIN = frozenset({"added_at", "added_by"})
_OTHERS = {FIRST: "the first relay", REHEARSAL: "the rehearsal relay"}
_Model = TypeVar("_Model", bound=BaseModel)
_Relay = TypeVar("_Relay", Smtp, FurtherRelay)


@dataclass(frozen=True, slots=True)
class Given:
    """The parts that a document gives, checked; a part that is not here stays as it is."""

    parts: Mapping[str, Any]
    kept: frozenset[str] = frozenset()
    """Names of the relays whose password is to stay as it is."""
    at: Instant = 0
    """When the document was given: what certificates are judged by."""
    keeps_ses_key: bool = False
    """Whether the secret of the AWS access key is to stay as it is."""
    keeps_mailbox_password: bool = False
    """Whether the password of the arrival probe's mailbox is to stay as it is."""


def load(
    document: Mapping[str, Any],
    read_file: ReadFile,
    kinds: Kinds,
    *,
    actor: str,
    at: Instant,
) -> Given:
    """Check the parts that are given and read the files that they name.

    A part that is a list is given whole; ``smtp: null`` means that there is to be no relay.

    Args:
        document: as parsed; values of `Secret` may stand for passwords.
        read_file: gives the content of a file that the document names.
        kinds: of sources and actions, and the check of conditions.
        actor: who gives it, kept with certificates that are added.
        at: when.

    Raises:
        Invalid: with every problem found.
    """
    reader = _Reader(read_file, kinds, actor, at)
    parts = {str(name): reader.part(str(name), value) for name, value in document.items()}
    if reader.problems:
        raise Invalid(reader.problems)
    return Given(
        parts,
        frozenset(reader.kept),
        at,
        reader.keeps_ses_key,
        reader.keeps_mailbox_password,
    )


class _Reader:
    """Reads one document, collecting problems."""

    def __init__(self, read_file: ReadFile, kinds: Kinds, actor: str, at: Instant) -> None:
        self._read_file = read_file
        self._kinds = kinds
        self._actor = actor
        self._at = at
        self.problems: list[Problem] = []
        self.kept: set[str] = set()
        self.keeps_ses_key = False
        self.keeps_mailbox_password = False

    def part(self, name: str, value: object) -> Any:
        """The part of that name, or whatever when there are problems."""
        match name:
            case "smtp":
                return None if value is None else self._smtp(value)
            case "relays":
                return self._relays(value)
            case "outbox":
                return Outbox() if value is None else self._outbox(value)
            case "ses" | "arrival":
                return self._ses(value) if name == "ses" else self._arrival(value)
            case "ciphers":
                return Ciphers(preset="tocsin") if value is None else self._ciphers(value)
            case "trust":
                return self._trust(value)
            case "trust_system_roots":
                return self._trust_system_roots(value)
            case "sources" | "actions":
                return self._of_kinds(name, value, getattr(self._kinds, name))
            case "rules":
                return self._rules(value)
        self.problems.append(unknown_name(name or repr(name), name, PARTS))
        return None

    def _tell(self, path: str, message: str, accepted: str = "") -> None:
        self.problems.append(Problem(path, message, accepted))

    def _smtp(self, value: object) -> Smtp | None:
        if not isinstance(value, Mapping):
            self._tell("smtp", "is no mapping")
            return None
        return self._relay("smtp", Smtp, value, FIELDS)

    def _relays(self, value: object) -> tuple[FurtherRelay, ...]:
        found = []
        for place, fields in self._entries("relays", value):
            one = self._relay(join("relays", place), FurtherRelay, fields, FURTHER_FIELDS)
            if one is None:
                continue
            if one.name.casefold() in _OTHERS:
                path = join("relays", place, "name")
                self._tell(path, f"{one.name!r} is the name of {_OTHERS[one.name.casefold()]}")
            found.append((place, one))
        return self._unique("relays", found)

    def _relay(
        self, path: str, model: type[_Relay], value: Mapping[str, Any], known: Sequence[str]
    ) -> _Relay | None:
        fields = read_fields(value)
        password = read_password(path, fields, self._file, self.problems.append)
        if password.value is not None:
            fields["password"] = password.value
        found = self._model(path, model, fields, known)
        if found is None:
            return None
        if password.stays:
            self.kept.add(found.name)
        self.problems += check_relay(path, found)
        return found

    def _outbox(self, value: object) -> Outbox | None:
        if isinstance(value, Mapping):
            value = {name: said for name, said in value.items() if said is not None}
        return self._model("outbox", Outbox, value)

    def _ses(self, value: object) -> Ses | None:
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self._tell("ses", "is no mapping")
            return None
        fields = {
            name: said
            for name, said in value.items()
            if said is not None or name in {"secret_key", "secret_key_file"}
        }
        self.keeps_ses_key, secret = read_secret_key(fields, self._file, self.problems.append)
        if secret is not None:
            fields["secret_key"] = secret
        return self._model("ses", Ses, fields, SES_FIELDS)

    def _arrival(self, value: object) -> Arrival | None:
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self._tell("arrival", "is no mapping")
            return None
        fields = {
            name: said
            for name, said in value.items()
            if said is not None or name in {"password", "password_file"}
        }
        password = read_mailbox_password(fields, self._file, self.problems.append)
        self.keeps_mailbox_password = password.stays
        if password.value is not None:
            fields["password"] = password.value
        return self._model("arrival", Arrival, fields, ARRIVAL_FIELDS)

    def _trust(self, value: object) -> tuple[TrustEntry, ...]:
        found = []
        for place, fields in self._entries("trust", value):
            path = join("trust", place)
            entry = {"origin": "a configuration document", **fields}
            pem = self._pem(path, entry)
            for name in _ORIGIN & set(entry):
                self.problems.append(unknown_name(join(path, name), name, _TRUST_FIELDS))
            entry |= {"pem": pem or "", "added_by": self._actor, "added_at": self._at}
            one = self._model(path, TrustEntry, entry, _TRUST_FIELDS)
            if one is not None and pem is not None:
                found.append((place, one))
        return self._unique("trust", found)

    def _trust_system_roots(self, value: object) -> bool:
        if value is None or isinstance(value, bool):
            return bool(value)
        self._tell("trust_system_roots", f"{shown(value)} is neither true nor false")
        return False

    def _pem(self, path: str, entry: dict[str, Any]) -> str | None:
        file, pem = entry.pop("file", None), entry.pop("pem", None)
        if (file is None) == (pem is None):
            self._tell(path, "needs one of file and pem")
            return None
        where = f"{path}.{'pem' if pem is not None else 'file'}"
        content = str(pem).encode() if pem is not None else self._file(where, file)
        if content is None:
            return None
        try:
            certificates = read_certificates(content)
        except NotCertificates as error:
            self._tell(where, str(error))
            return None
        if len(certificates) != 1:
            self._tell(
                where, f"holds {len(certificates)} certificates", "one certificate for each name"
            )
            return None
        return certificates[0].pem

    def _ciphers(self, value: object) -> Ciphers | None:
        found = self._model("ciphers", Ciphers, value)
        if found is None:
            return None
        if (found.preset is None) == (found.list is None):
            self._tell("ciphers", "needs one of preset and list")
        elif found.preset is not None and found.preset not in PRESETS:
            self._tell(
                "ciphers.preset", f"{shown(found.preset)} is no preset", ", ".join(sorted(PRESETS))
            )
        else:
            try:
                check_policy(found.policy)
            except RefusedCiphers as error:
                self._tell("ciphers.list" if found.list is not None else "ciphers", str(error))
        return found

    def _of_kinds(
        self, part: str, value: object, kinds: Mapping[str, KindSchema]
    ) -> tuple[BaseModel, ...]:
        found = []
        for place, fields in self._entries(part, value):
            path = join(part, place)
            kind = kinds.get(str(fields.get("kind")))
            if kind is None:
                given = "kind" in fields
                said = f"{shown(fields['kind'])} is no kind" if given else "is missing"
                self._tell(f"{path}.kind", said, ", ".join(sorted(kinds)))
                continue
            one = self._model(path, kind.settings, dict(fields))
            if one is not None:
                for field, message in kind.check(one):
                    self._tell(join(path, field), message)
                found.append((place, one))
        return self._unique(part, found)

    def _rules(self, value: object) -> tuple[RuleEntry, ...]:
        found = []
        for place, fields in self._entries("rules", value):
            path = join("rules", place)
            one = self._model(path, RuleEntry, dict(fields))
            if one is not None:
                for field, message in self._kinds.check_when(one.when):
                    self._tell(join(path, "when", field), message)
                found.append((place, one))
        return self._unique("rules", found)

    def _entries(self, part: str, value: object) -> list[tuple[int, Mapping[str, Any]]]:
        if not isinstance(value, list | tuple):
            # Nothing behind the colon is more often forgotten than meant.
            self._tell(part, "is no list", "[] for none at all")
            return []
        if len(value) > _MOST_ENTRIES:
            self._tell(part, f"has {len(value)} entries", f"at most {_MOST_ENTRIES}")
            return []
        found = []
        for place, one in enumerate(value):
            if isinstance(one, Mapping):
                found.append((place, one))
            else:
                self._tell(join(part, place), "is no mapping", "{name: …}")
        return found

    def _model(
        self, path: str, model: type[_Model], fields: object, known: Sequence[str] = ()
    ) -> _Model | None:
        try:
            return model.model_validate(fields)
        except ValidationError as error:
            self.problems += problems_of(error, path, model, known)
            return None

    def _unique(self, part: str, found: Sequence[tuple[int, Any]]) -> tuple[Any, ...]:
        """The entries; names that differ in case alone would be taken for each other."""
        seen: dict[str, int] = {}
        for place, one in found:
            first = seen.setdefault(one.name.casefold(), place)
            if first != place:
                self._tell(
                    join(part, place, "name"),
                    f"{one.name!r} is the name of {join(part, first)} too",
                    "each name once",
                )
        return tuple(one for _, one in found)

    def _file(self, path: str, name: object) -> bytes | None:
        if not isinstance(name, str) or not name:
            self._tell(path, "is not the name of a file")
            return None
        try:
            return self._read_file(name)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            self._tell(path, f"{name!r} cannot be read: {reason}")
            return None
