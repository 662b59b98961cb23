"""The certificate authority: certificates for document signing, revocation, RFC 3161 time stamps."""

import base64
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from asn1crypto import keys as asn1_keys
from asn1crypto import pem as asn1_pem
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from integrations.sandbox.keys import make_key_usage, make_name
from integrations.sandbox.signed import endpoint
from integrations.sandbox.world import MAX_KEY_LENGTH, WORLD, Refusal, World, misbehave_before, text_of

NAME = "ca"
VALIDITY = timedelta(days=5 * 365)
_DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")


class CertificatePartner:
    """Serves signed calls about certificates, and time stamp requests from anybody."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._signer = world.keys.signer(NAME)
        key = serialization.load_pem_private_key(world.keys.read_server("issuing_private.pem"), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("the issuing key is not an elliptic curve key")
        self._issuing_key = key
        self._root_pem = world.keys.read_server("root.pem").decode()
        self._issuing_pem = world.keys.read_server("issuing.pem").decode()
        self._issuing = x509.load_pem_x509_certificate(self._issuing_pem.encode())

    def add_routes(self, app: web.Application) -> None:
        """Answer below /ca."""
        services = {
            "certificates": self._issue,
            "certificates/status": self._status,
            "certificates/revoke": self._revoke,
            "revocations": self._revocations,
            "anchor": lambda _world, _payload: {"root_pem": self._root_pem},
        }
        for path, service in services.items():
            app.router.add_post(f"/ca/{path}", endpoint(NAME, self._signer, service))
        app.router.add_post("/ca/tsa", self._stamp)

    def _issue(self, world: World, payload: dict[str, Any]) -> dict[str, Any]:
        key = text_of(payload, "request_id", MAX_KEY_LENGTH)
        known = world.store.find_answer(NAME, key, payload)
        if known is not None:
            return known
        certificate = self._make(world.clock.now(), payload)
        serial = f"{certificate.serial_number:040X}"
        world.store.run("INSERT INTO certificates VALUES (?, NULL)", serial)
        answer = {
            "serial_number": serial,
            "certificate_pem": certificate.public_bytes(serialization.Encoding.PEM).decode(),
            "chain_pem": [self._issuing_pem],
            "not_before": certificate.not_valid_before_utc.isoformat(),
            "not_after": certificate.not_valid_after_utc.isoformat(),
        }
        world.store.keep_answer(NAME, key, payload, answer)
        return answer

    def _make(self, now: datetime, payload: dict[str, Any]) -> x509.Certificate:
        public_key = _read_request(text_of(payload, "csr_pem", 20_000))
        common_name = text_of(payload, "common_name", 64)
        more = [x509.NameAttribute(NameOID.SERIAL_NUMBER, text_of(payload, "identity_digest", 64))]
        if payload.get("is_organisation"):
            more.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, common_name))
        issuing_key = self._issuing.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        usage = x509.ExtendedKeyUsage([_DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION])
        return (
            x509.CertificateBuilder()
            .subject_name(make_name(common_name, *more))
            .issuer_name(self._issuing.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + VALIDITY)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(make_key_usage(is_authority=False), critical=True)
            .add_extension(usage, critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuing_key), critical=False)
            .sign(self._issuing_key, hashes.SHA256())
        )

    @staticmethod
    def _status(world: World, payload: dict[str, Any]) -> dict[str, Any]:
        serial = text_of(payload, "serial_number", MAX_KEY_LENGTH)
        row = world.store.one("SELECT revoked_at FROM certificates WHERE serial = ?", serial)
        if row is None:
            return {"status": "UNKNOWN"}
        return {"status": "REVOKED" if row["revoked_at"] else "GOOD"}

    @staticmethod
    def _revoke(world: World, payload: dict[str, Any]) -> dict[str, Any]:
        serial = text_of(payload, "serial_number", MAX_KEY_LENGTH)
        now = world.clock.now().isoformat(timespec="seconds")
        sql = "UPDATE certificates SET revoked_at = coalesce(revoked_at, ?) WHERE serial = ?"
        if world.store.run(sql, now, serial).rowcount == 0:
            raise Refusal("CERTIFICATE_NOT_FOUND", serial, status=404)
        return {"status": "REVOKED"}

    def _revocations(self, world: World, _payload: dict[str, Any]) -> dict[str, Any]:
        now = world.clock.now()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._issuing.subject)
            .last_update(now - timedelta(minutes=5))
            .next_update(now + timedelta(days=7))
        )
        for row in world.store.rows("SELECT * FROM certificates WHERE revoked_at IS NOT NULL ORDER BY serial"):
            revoked = (
                x509.RevokedCertificateBuilder()
                .serial_number(int(row["serial"], 16))
                .revocation_date(datetime.fromisoformat(row["revoked_at"]))
            )
            builder = builder.add_revoked_certificate(revoked.build())
        listed = builder.sign(self._issuing_key, hashes.SHA256())
        return {"crl_der": base64.b64encode(listed.public_bytes(serialization.Encoding.DER)).decode()}

    async def _stamp(self, request: web.Request) -> web.StreamResponse:
        world = request.app[WORLD]
        if (failure := await misbehave_before(world.behaviours.of(NAME))) is not None:
            return failure
        if request.content_type != "application/timestamp-query":
            return web.Response(status=415)
        try:
            query = tsp.TimeStampReq.load(await request.read(), strict=True)
            answer = self._stamper(world.clock.now()).request_tsa_response(query)
            content = answer.dump()
        except (ValueError, KeyError, TypeError):
            return web.Response(status=400)
        return web.Response(body=content, content_type="application/timestamp-reply")

    def _stamper(self, now: datetime) -> DummyTimeStamper:
        chain = SimpleCertificateStore.from_certs([_load_certificate(self._issuing_pem.encode())])
        return DummyTimeStamper(
            tsa_cert=_load_certificate(self._world.keys.read_server("stamp.pem")),
            tsa_key=asn1_keys.PrivateKeyInfo.load(_unarmor(self._world.keys.read_server("stamp_private.pem"))),
            certs_to_embed=chain,
            fixed_dt=now,
        )


def _read_request(csr_pem: str) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    try:
        request = x509.load_pem_x509_csr(csr_pem.encode())
        key = request.public_key()
        is_proved = request.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Refusal("BAD_CERTIFICATE_REQUEST") from error
    if not is_proved or not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise Refusal("BAD_CERTIFICATE_REQUEST", "the key's possession is not proved")
    return key


def _load_certificate(pem: bytes) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(_unarmor(pem))


def _unarmor(pem: bytes) -> bytes:
    _name, _headers, content = asn1_pem.unarmor(pem)
    return bytes(content)
