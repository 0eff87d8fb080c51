"""What SES tells is believed with AWS's signature over a topic of ours, and noted once."""

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from customers import contact, suppressions
from customers.models import Bounce
from infra.clock import now
from infra.ids import new_id
from infra.mail import verp
from infra.mail.inbound.sns import SIGNED
from infra.storage import StorageKey
from tests.customers.contact_story import in_outbox, letters, somebody
from tests.web.story import Person
from web import create_app

TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"


class Aws:
    """Signs as SNS does, with a certificate of its own."""

    def __init__(self, folder, days=1) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        built = (
            x509.CertificateBuilder(name, name, self.key.public_key(), x509.random_serial_number())
            .not_valid_before(now() - timedelta(days=9))
            .not_valid_after(now() + timedelta(days=days))
            .sign(self.key, SHA256())
        )
        self.file = folder / f"sns{days}.pem"
        self.file.write_bytes(built.public_bytes(Encoding.PEM))

    def signed(self, message, version="2", **more):
        fields = {
            "Type": "Notification",
            "MessageId": str(new_id()),
            "TopicArn": TOPIC,
            "Message": message if isinstance(message, str) else json.dumps(message),
            "Timestamp": "2026-03-02T09:00:00.000Z",
            "SignatureVersion": version,
            "SigningCertURL": CERTIFICATE,
            **more,
        }
        text = "".join(f"{name}\n{fields[name]}\n" for name in SIGNED[fields["Type"]] if name in fields)
        algorithm = SHA1() if version == "1" else SHA256()
        signature = self.key.sign(text.encode(), PKCS1v15(), algorithm)
        return {**fields, "Signature": base64.b64encode(signature).decode()}


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    return Aws(tmp_path_factory.mktemp("aws"))


@pytest.fixture
def tell(joined, aws):
    """Posts to the platform's hook."""
    own = replace(
        joined.settings, sns_topics=TOPIC, sns_certificate=str(aws.file), inbound_domain="in.rapport.test"
    )
    person = Person(create_app(replace(joined, settings=own)))

    def tell(fields, expect=200):
        body = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
        headers = {"Content-Type": "text/plain; charset=UTF-8"}
        return person.send("POST", "/hooks/ses", expect=expect, data=body, headers=headers)

    return tell


@pytest.fixture
def sent(session):
    with letters():
        ann = somebody(session, "ann@shop.example")
        return in_outbox(session, contact.request(session, ann.id, "service", ref=new_id(), key="k"))


def event(kind, tenant, mail, **part):
    tags = {"rapport-tenant": [tenant.id.hex], "rapport-mail": [str(mail.id)]}
    return {"eventType": kind, "mail": {"messageId": "0102", "tags": tags}, kind.lower(): part}


def bounce(tenant, mail, kind="Permanent", status="5.1.1"):
    recipient = {"emailAddress": "ann@shop.example", "status": status, "diagnosticCode": f"smtp; 550 {status} no"}
    return event("Bounce", tenant, mail, bounceType=kind, bounceSubType="General", bouncedRecipients=[recipient])


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_bounce_with_either_signature_suppresses_and_is_kept(tell, aws, session, acme, sent, joined, version):
    told = aws.signed(bounce(acme, sent), version, Subject="Amazon SES Email Event Notification")
    tell(told)
    tell(told)
    (row,) = session.scalars(select(Bounce)).all()
    assert (row.source, row.kind, row.status, row.suppressed) == ("ses", "hard", "5.1.1", True)
    assert suppressions.stopped_by(session, "ann@shop.example")
    assert b"bouncedRecipients" in joined.storage.get(StorageKey(row.evidence))


def test_a_complaint_suppresses_and_not_spam_does_not(tell, aws, session, acme, sent):
    recipients = [{"emailAddress": "ann@shop.example"}]
    part = {"complainedRecipients": recipients, "complaintFeedbackType": "not-spam"}
    tell(aws.signed(event("Complaint", acme, sent, **part)))
    assert not suppressions.stopped_by(session, "ann@shop.example")
    tell(aws.signed(event("Complaint", acme, sent, **{**part, "complaintFeedbackType": "abuse"})))
    assert suppressions.stopped_by(session, "ann@shop.example")


def test_a_transient_bounce_counts_and_a_delivery_clears_an_unknown(tell, aws, session, acme, sent):
    tell(aws.signed(bounce(acme, sent, "Transient", "4.4.7")))
    assert session.scalars(select(Bounce.kind)).all() == ["soft"]
    sent.state, sent.finished_at = "unknown", now()
    session.flush()
    tell(aws.signed(event("Delivery", acme, sent, smtpResponse="250 ok")))
    session.refresh(sent)
    assert sent.state == "accepted"


def test_a_mail_without_tags_is_found_by_its_bounce_address(tell, aws, session, acme, sent, joined):
    own = replace(joined.settings, inbound_domain="in.rapport.test")
    told = bounce(acme, sent)
    told["mail"] = {"source": verp.return_path(own, joined.keys, acme, sent.id)}
    tell(aws.signed(told))
    assert session.scalars(select(Bounce.outbox_id)).all() == [sent.id]


def test_forged_notifications_change_nothing(tell, aws, session, acme, globex, sent, tmp_path):
    good = aws.signed(bounce(acme, sent))
    evil = "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-0123456789abcdef.pem"
    forged = [
        {**good, "Message": json.dumps(bounce(globex, sent))},
        {**good, "SignatureVersion": "1"},
        {**good, "SignatureVersion": "3"},
        {**good, "Signature": "AAAA"},
        {**good, "Signature": "no base64"},
        {**good, "Subject": "added"},
        Aws(tmp_path).signed(bounce(acme, sent)),
        aws.signed(bounce(acme, sent), TopicArn=TOPIC + "2"),
        aws.signed(bounce(acme, sent), SigningCertURL=evil),
        aws.signed(bounce(acme, sent), SigningCertURL=CERTIFICATE.replace("eu-west-1", "us-east-1")),
        aws.signed(bounce(acme, sent), SigningCertURL=CERTIFICATE.replace("https", "http")),
        {},
    ]
    for fields in forged:
        tell(fields, expect=403)
    for content in (b"", b"[]", b"{", b"\xff" * 10, b"{" * 400_000):
        tell(content, expect=403)
    assert session.scalars(select(Bounce)).all() == []


def test_a_certificate_that_has_ended_signs_nothing(joined, tmp_path, acme, sent):
    old = Aws(tmp_path, days=-1)
    own = replace(joined.settings, sns_topics=TOPIC, sns_certificate=str(old.file))
    body = json.dumps(old.signed(bounce(acme, sent))).encode()
    Person(create_app(replace(joined, settings=own))).send("POST", "/hooks/ses", expect=403, data=body)


def test_a_subscription_is_confirmed_only_for_our_topic_and_only_at_aws(tell, aws):
    asked = {"Type": "SubscriptionConfirmation", "Token": "t"}
    there = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
    tell(aws.signed("Confirm?", **asked, SubscribeURL="https://evil.example/?x"), expect=403)
    tell(aws.signed("Confirm?", **asked, SubscribeURL=there, TopicArn=TOPIC + "2"), expect=403)
    tell(aws.signed("Confirm?", **asked, SubscribeURL=there), expect=503)  # nobody answers here; AWS asks again


def test_what_is_about_nobodys_mail_is_taken_and_forgotten(tell, aws, session, sent):
    nobody = type("Tenant", (), {"id": new_id()})()
    for message in (
        "Successfully validated SNS topic",
        {"notificationType": "AmazonSnsSubscriptionSucceeded"},
        "[]",
    ):
        tell(aws.signed(message))
    tell(aws.signed(bounce(nobody, sent)))
    assert session.scalars(select(Bounce)).all() == []
