"""A document as given, into checked parts: every problem found is told."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from tocsin.base.clock import Instant
from tocsin.base.secret import Secret
from tocsin.central.configuration import PARTS, Ciphers, RuleEntry, Smtp, TrustEntry
from tocsin.central.kinds import Kinds, KindSchema
from tocsin.central.problem import Invalid, Problem, join, problems_of
from tocsin.mail.address import check_address
from tocsin.trust.certificate import NotCertificates, read_certificates
from tocsin.trust.policy import PRESETS, RefusedCiphers, check_policy

ReadFile = Callable[[str], bytes]

SET = "set"
"""What stands in place of a secret that is there."""

_MOST_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class Given:
    """The parts that a document gives, checked; a part that is not here stays as it is."""

    parts: Mapping[str, Any]
    password_stays: bool = True
    """Whether the SMTP password is to stay as it is."""


class _StrictLoader(yaml.SafeLoader):
    """YAML in which a name stands once: the second of two would silently win."""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: set[Hashable] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)  # type: ignore[no-untyped-call]
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"{key!r} stands here twice", key_node.start_mark
            )
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def parse(text: str) -> dict[str, Any]:
    """YAML text into a document.

    Raises:
        Invalid: says in which line what is wrong.
    """
    try:
        document = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 -- a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}" if mark is not None else "the document"
        raise Invalid([Problem(where, error.problem or "is no YAML")]) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Invalid([Problem("the document", f"is no YAML: {error}")]) from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise Invalid([Problem("the document", "is not a mapping", ", ".join(PARTS))])
    return document


def load(
    document: Mapping[str, Any],
    read_file: ReadFile,
    kinds: Kinds,
    *,
    actor: str = "",
    at: Instant = 0,
) -> Given:
    """Check the parts that are given and read the files that they name.

    Raises:
        Invalid: with every problem found.
    """
    reader = _Reader(read_file, kinds, actor, at)
    parts: dict[str, Any] = {}
    for name, value in document.items():
        if name not in PARTS:
            reader.problem(str(name), "is no part of the document", ", ".join(PARTS))
        elif value is None:
            parts[name] = () if name in _LISTS else None
        else:
            parts[name] = getattr(reader, name)(value)
    if parts.get("ciphers", True) is None:
        parts["ciphers"] = Ciphers(preset="tocsin")
    if reader.problems:
        raise Invalid(reader.problems)
    return Given(parts, reader.password_stays)


_LISTS = frozenset({"trust", "sources", "actions", "rules"})


class _Reader:
    """Reads one document, collecting problems."""

    def __init__(self, read_file: ReadFile, kinds: Kinds, actor: str, at: Instant) -> None:
        self._read_file = read_file
        self._kinds = kinds
        self._actor = actor
        self._at = at
        self.problems: list[Problem] = []
        self.password_stays = True

    def problem(self, path: str, message: str, accepted: str = "") -> None:
        self.problems.append(Problem(path, message, accepted))

    def smtp(self, value: object) -> Smtp | None:
        if not isinstance(value, Mapping):
            self.problem("smtp", "is not a mapping")
            return None
        fields = dict(value)
        password = self._password(fields)
        if password is not None:
            fields["password"] = password
        found = self._model("smtp", Smtp, fields)
        if found is None:
            return None
        try:
            check_address(found.sender)
        except ValueError as error:
            self.problem("smtp.from", str(error), "an address such as alarms@example.com")
        if any(one.isspace() or not one.isprintable() for one in found.server):
            self.problem("smtp.server", "holds blanks or control characters", "a host name")
        return found

    def _password(self, fields: dict[str, Any]) -> Secret | None:
        given = fields.pop("password", SET)
        file = fields.pop("password_file", SET)
        if given is None or file is None:
            self.password_stays = False
            return None
        if isinstance(given, Secret):
            self.password_stays = False
            return given
        if given != SET:
            self.problem(
                "smtp.password",
                "a secret does not stand in the document itself",
                "password_file: NAME of a file that holds it, or 'set' for the one there is",
            )
            return None
        if file == SET:
            return None
        content = self._file("smtp.password_file", file)
        if content is None:
            return None
        self.password_stays = False
        text = content.decode(errors="replace").removesuffix("\n").removesuffix("\r")
        if not text or not text.isprintable():
            self.problem("smtp.password_file", "the file is empty or no single line of text")
        return Secret(text)

    def trust(self, value: object) -> tuple[TrustEntry, ...]:
        found = []
        for place, fields in self._entries("trust", value):
            path = join("trust", place)
            entry = dict(fields)
            pem = self._pem(path, entry)
            if pem is None:
                continue
            entry.pop("sha256", None)
            entry |= {"pem": pem, "added_by": self._actor, "added_at": self._at}
            one = self._model(path, TrustEntry, entry)
            if one is not None:
                found.append(one)
        self._unique("trust", found)
        return tuple(found)

    def _pem(self, path: str, entry: dict[str, Any]) -> str | None:
        file, pem = entry.pop("file", None), entry.pop("pem", None)
        if (file is None) == (pem is None):
            self.problem(path, "needs one of file and pem")
            return None
        content = str(pem).encode() if pem is not None else self._file(f"{path}.file", file)
        if content is None:
            return None
        where = f"{path}.{'pem' if pem is not None else 'file'}"
        try:
            certificates = read_certificates(content)
        except NotCertificates as error:
            self.problem(where, str(error))
            return None
        if len(certificates) != 1:
            self.problem(
                where, f"holds {len(certificates)} certificates", "one certificate for each name"
            )
            return None
        return certificates[0].pem

    def ciphers(self, value: object) -> Ciphers | None:
        found = self._model("ciphers", Ciphers, value)
        if found is None:
            return None
        if (found.preset is None) == (found.list is None):
            self.problem("ciphers", "needs one of preset and list")
        elif found.preset is not None and found.preset not in PRESETS:
            self.problem(
                "ciphers.preset", f"{found.preset!r} is no preset", ", ".join(sorted(PRESETS))
            )
        else:
            try:
                check_policy(found.policy)
            except RefusedCiphers as error:
                self.problem("ciphers.list", str(error))
        return found

    def sources(self, value: object) -> tuple[BaseModel, ...]:
        return self._of_kinds("sources", value, self._kinds.sources)

    def actions(self, value: object) -> tuple[BaseModel, ...]:
        return self._of_kinds("actions", value, self._kinds.actions)

    def _of_kinds(
        self, part: str, value: object, kinds: Mapping[str, KindSchema]
    ) -> tuple[BaseModel, ...]:
        found = []
        for place, fields in self._entries(part, value):
            path = join(part, place)
            kind = kinds.get(str(fields.get("kind")))
            if kind is None:
                said = f"{fields['kind']!r} is no kind" if "kind" in fields else "is missing"
                self.problem(f"{path}.kind", said, ", ".join(sorted(kinds)))
                continue
            one = self._model(path, kind.settings, dict(fields))
            if one is not None:
                for field, message in kind.check(one):
                    self.problem(f"{path}.{field}", message)
                found.append(one)
        self._unique(part, found)
        return tuple(found)

    def rules(self, value: object) -> tuple[RuleEntry, ...]:
        found = []
        for place, fields in self._entries("rules", value):
            path = join("rules", place)
            one = self._model(path, RuleEntry, dict(fields))
            if one is not None:
                for field, message in self._kinds.check_when(one.when):
                    self.problem(f"{path}.when.{field}", message)
                found.append(one)
        self._unique("rules", found)
        return tuple(found)

    def _entries(self, part: str, value: object) -> list[tuple[int, Mapping[str, Any]]]:
        if not isinstance(value, list | tuple):
            self.problem(part, "is not a list")
            return []
        if len(value) > _MOST_ENTRIES:
            self.problem(part, f"has {len(value)} entries", f"at most {_MOST_ENTRIES}")
            return []
        found = []
        for place, one in enumerate(value):
            if isinstance(one, Mapping):
                found.append((place, one))
            else:
                self.problem(join(part, place), "is not a mapping")
        return found

    def _model(self, path: str, model: type[Any], fields: object) -> Any:
        try:
            return model.model_validate(fields)
        except ValidationError as error:
            self.problems += problems_of(error, path)
            return None

    def _unique(self, part: str, found: list[Any]) -> None:
        seen: set[str] = set()
        for one in found:
            if one.name.casefold() in seen:
                self.problem(part, f"the name {one.name!r} stands twice", "each name once")
            seen.add(one.name.casefold())

    def _file(self, path: str, name: object) -> bytes | None:
        if not isinstance(name, str):
            self.problem(path, "is not the name of a file")
            return None
        try:
            return self._read_file(name)
        except OSError as error:
            self.problem(path, f"{name} cannot be read: {error.strerror or error}")
            return None
