"""Faults of the API of AWS, which is asked about the account and for what became of mails."""

from __future__ import annotations

from tocsin.faults.fault import Fault, Retry, Scope, Seriousness


def _aws(
    code: str,
    title: str,
    cause: str,
    *fix: str,
    retry: Retry = Retry.FINAL,
    **defaults: str,
) -> Fault:
    """None of them stops mail: SMTP goes by a key of its own."""
    words = {"host": "AWS", **defaults}
    return Fault(code, title, cause, fix, Seriousness.ERROR, retry, Scope.ACTION, words)


FAULTS = (
    _aws(
        "aws.not-permitted",
        "The AWS access key may not do this",
        "{host} did not let the access key call {action}.",
        "Allow {action} in the policy of the key's IAM user.",
        action="this action",
    ),
    _aws(
        "aws.credentials-rejected",
        "AWS rejects the access key",
        "{host} did not accept the access key: {reason}.",
        "Enter access_key and secret_key_file under ses anew: tocsin config apply",
        "An access key is a pair; the secret of another key, a deleted key and one that was made "
        "for a while are refused alike. See that this machine's clock is right, too.",
        reason="the signature does not fit",
    ),
    _aws(
        "aws.throttled",
        "AWS asks for fewer calls",
        "{host} refused {action} because calls come too fast.",
        "Nothing: the call is made again later.",
        retry=Retry.TRANSIENT,
        action="a call",
    ),
    _aws(
        "aws.refused",
        "AWS did not do what was asked",
        "{host} refused {action}: {reason}.",
        "Read the reason; region, queue and topic under ses must be those of one account.",
        action="a call",
        reason="it gave no reason",
    ),
    _aws(
        "aws.unavailable",
        "AWS has trouble of its own",
        "{host} could not do {action} now: {reason}.",
        "Nothing: the call is made again later.",
        retry=Retry.TRANSIENT,
        action="a call",
        reason="no answer",
    ),
)
