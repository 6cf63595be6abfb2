"""The whole way with real processes: mail out by SMTP, its bounce back through SNS and SQS."""

from __future__ import annotations

import json

import awsserver
from manager import Program, document_of, wait_until


def test_a_bounce_finds_its_mail_and_is_told(program: Program):
    """A running manager fetches the event, marks the recipient, and raises an alarm."""
    relay = program.rehearse()
    with awsserver.moto() as url:
        aws = awsserver.aws(url)
        queue = aws.call("sqs", "CreateQueue", QueueName="feedback")["QueueUrl"]
        topic = aws.call("sns", "CreateTopic", Name="feedback")["TopicArn"]
        arn = f"arn:aws:sqs:{awsserver.REGION}:123456789012:feedback"
        aws.call("sns", "Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=arn)
        (program.home.parent / "ses.key").write_text(awsserver.SECRET + "\n")
        ses = {
            "region": awsserver.REGION,
            "access_key": awsserver.KEY,
            "secret_key_file": str(program.home.parent / "ses.key"),
            "queue": queue,
            "endpoint_url": url,
        }
        program.apply(document_of(relay, ses=ses))
        program.up()
        program.run("alarm", "send", "-", text=json.dumps({"type": "SSH scan"}))
        wait_until(
            lambda: [one["state"] for one in program.json("deliveries")] == ["delivered"],
            "the 250",
        )
        (delivery,) = program.json("deliveries")
        (recipient,) = delivery["recipients"]
        relay_id = delivery["attempts"][0]["reply"].split()[-1]
        said = awsserver.bounce(relay_id, recipient["address"])
        aws.call("sns", "Publish", TopicArn=topic, Message=json.dumps(said))

        def receipt() -> str:
            found = program.json("delivery", "show", delivery["id"])["recipients"]
            word: str = found[0]["receipt"]
            return word

        wait_until(lambda: receipt() == "bounced", "the bounce")
        alarm = next(one for one in program.json("alarm", "list") if one["category"] == "System")
        assert recipient["address"] in alarm["details"]
        assert delivery["action"] in alarm["details"]
    assert awsserver.SECRET not in program.log("up")
