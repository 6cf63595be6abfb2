"""A secret on its way from a form to its confirmation: sealed, so that no page holds it."""

from __future__ import annotations

import base64
import binascii
import json

from tocsin.base.home import Home
from tocsin.base.secret import Secret
from tocsin.engine.errors import Conflict
from tocsin.store.keys import HomeKey, Sealed, WrongKey, load_key

_TABLE = "pending_form"


def seal(person: str, name: str, secret: Secret) -> str:
    """Text for a hidden field, which only this home can open and only for that person."""
    sealed = _key().seal(secret, table=_TABLE, field=name, row=person)
    return json.dumps([sealed.key_id, base64.b64encode(sealed.ciphertext).decode()])


def unseal(person: str, name: str, text: str) -> Secret:
    """The inverse of `seal`.

    Raises:
        Conflict: it was made for somebody else, elsewhere, or is no such text.
    """
    try:
        key_id, ciphertext = json.loads(text)
        sealed = Sealed(str(key_id), base64.b64decode(ciphertext, validate=True))
        return _key().open(sealed, table=_TABLE, field=name, row=person)
    except (ValueError, TypeError, binascii.Error, WrongKey) as error:
        raise Conflict("the form is too old; type the password again") from error


def _key() -> HomeKey:
    return load_key(Home.of_environment().key_file)
