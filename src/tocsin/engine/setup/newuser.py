"""The IAM user that may send mail and nothing else, made with the key that was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.configuration import current
from tocsin.engine.errors import Conflict, Refused
from tocsin.engine.setup.account import client
from tocsin.engine.setup.anchoring import anchors_with
from tocsin.engine.setup.entered import AccessKey, Entered, NewUser
from tocsin.engine.setup.signingin import plain_secret, signing_in
from tocsin.engine.setup.where import where
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Finding, Seriousness
from tocsin.ses.aws import AwsFailure
from tocsin.ses.iam import HalfMade, create_smtp_user
from tocsin.trust.certificate import Certificate

HALF_MADE = (
    "nothing was changed here, but the IAM user {name} was made and is not complete: {step}; "
    "delete it in the IAM console, see to the reason, and begin again"
)


def make_user(
    principal: Principal, entered: Entered, *, trusting: Sequence[Certificate] = ()
) -> Entered:
    """Make the user at IAM; gives what was entered with the key of that user to sign in with.

    The key that was given goes along as `AccessKey.watch`, and is stored only if its `keep`
    says so. AWS shows the secret of the new key this once: it is in what is given back, and
    nowhere else. Called again it makes nothing: IAM refuses a name that is taken.

    `trusting`: as at `look`.

    Raises:
        NotPermitted: the role may not.
        Invalid: names the field that cannot be.
        Conflict: no user is to be made; or it was made and is not complete, and the message
            says what is to be done.
        Refused: by its shape the key cannot be right, or AWS did not make the user.
    """
    require(principal, Permission.ADMINISTER)
    there = where(entered)
    new = entered.credentials
    if not isinstance(new, NewUser):
        raise Conflict("no user is to be made: the credentials are there")
    configuration = current().configuration
    given = signing_in(entered, there.region, configuration.ses)
    if given.hopeless:
        worst = next(one for one in given.shape if one.severity is Seriousness.ERROR)
        raise Refused(Finding(worst.code, worst.facts))
    aws = client(entered, there.region, configuration, anchors_with(configuration, trusting))
    assert aws is not None  # a new user comes with a key
    try:
        made = create_smtp_user(aws, new.name)
    except HalfMade as failure:
        words = HALF_MADE.format(name=new.name, step=failure.step)
        raise Conflict(f"{words}; {explain(failure.finding).cause.rstrip('.')}") from None
    except AwsFailure as failure:
        raise Refused(failure.finding) from None
    watch = AccessKey(new.access_key, plain_secret(new.secret_key), keep=new.keep)
    key = AccessKey(made.access_key, made.secret_key, watch=watch, fresh=True)
    return replace(entered, credentials=key)
