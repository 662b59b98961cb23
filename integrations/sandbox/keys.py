"""The keys of both sides, made once per home: the partners' own, and those the product uses with them."""

import fcntl
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from integrations import protocol

CLIENT_FILE = "client.env"
PAIRED_SERVICES = ("wechat", "alipay", "bank", "custody", "bureau", "ca", "market")
MERCHANT_ID = "1900000001"
APP_ID = "wx0000000000000001"
ALIPAY_APP_ID = "2021000000000001"
CLIENT_ID = "p2pcrm"
# Certificates must be valid on simulated days long past and to come.
AUTHORITY_FROM = datetime(2015, 1, 1, tzinfo=UTC)
AUTHORITY_UNTIL = datetime(2055, 1, 1, tzinfo=UTC)


def make_home(home: Path) -> None:
    """Write all keys and client.env into the home, once; a home that is complete stays as it is."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / CLIENT_FILE).exists():
            _make_keys(home)
        _add_services(home)


def _make_keys(home: Path) -> None:
    for folder in ("client", "server"):
        (home / folder).mkdir(exist_ok=True, mode=0o700)
    _write(home / "client" / "wechat_api_v3_key.txt", secrets.token_hex(16).encode())
    _write(home / "client" / "sms_secret.txt", secrets.token_hex(32).encode())
    _make_authority(home / "server")
    lines = [
        "# Written by the sandbox; names and meaning in docs/integrations.md. Paths are relative to this file.",
        f"WECHAT_MERCHANT_ID={MERCHANT_ID}",
        f"WECHAT_APP_ID={APP_ID}",
        f"WECHAT_CERTIFICATE_SERIAL={secrets.token_hex(20).upper()}",
        f"WECHAT_PUBLIC_KEY_ID=PUB_KEY_ID_{secrets.token_hex(16).upper()}",
        "WECHAT_API_V3_KEY_FILE=client/wechat_api_v3_key.txt",
        f"ALIPAY_APP_ID={ALIPAY_APP_ID}",
        "SMS_ACCOUNT=p2pcrm",
        "SMS_SECRET_FILE=client/sms_secret.txt",
    ]
    # Last, because its presence says that the house's own keys are complete.
    _write(home / CLIENT_FILE, "\n".join([*lines, ""]).encode())


def _add_services(home: Path) -> None:
    """Write the keys of the partners that a home does not know yet; an older home lacks those invented since."""
    known = (home / CLIENT_FILE).read_text()
    for service in PAIRED_SERVICES:
        name = f"{service.upper()}_PRIVATE_KEY_FILE="
        if name in known:
            continue
        _write_pair(home, service)
        lines = [f"{name}client/{service}_private.pem"]
        lines.append(f"{service.upper()}_PUBLIC_KEY_FILE=client/{service}_partner_public.pem")
        if service not in ("wechat", "alipay"):
            lines.append(f"{service.upper()}_CLIENT_ID={CLIENT_ID}")
        # Its lines come last, because they say that its keys are there.
        with (home / CLIENT_FILE).open("a") as file:
            file.write("\n".join([*lines, ""]))


def _write_pair(home: Path, service: str) -> None:
    ours, theirs = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    _write(home / "client" / f"{service}_private.pem", _private_pem(ours))
    _write(home / "client" / f"{service}_partner_public.pem", _public_pem(theirs))
    _write(home / "server" / f"{service}_private.pem", _private_pem(theirs))
    _write(home / "server" / f"{service}_client_public.pem", _public_pem(ours))


def _make_authority(folder: Path) -> None:
    root_key, issuing_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    stamp_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    root = _certificate("P2P Sandbox Root CA", root_key.public_key(), "P2P Sandbox Root CA", root_key, root_key, 1)
    issuing = _certificate(
        "P2P Sandbox Issuing CA", issuing_key.public_key(), "P2P Sandbox Root CA", root_key, root_key, 0
    )
    stamp = _certificate(
        "P2P Sandbox Time Stamping",
        stamp_key.public_key(),
        "P2P Sandbox Issuing CA",
        issuing_key,
        issuing_key,
        None,
    )
    for name, key in (("root", root_key), ("issuing", issuing_key), ("stamp", stamp_key)):
        _write(folder / f"{name}_private.pem", _private_pem(key))
    for name, certificate in (("root", root), ("issuing", issuing), ("stamp", stamp)):
        _write(folder / f"{name}.pem", certificate.public_bytes(serialization.Encoding.PEM))


def _certificate(
    subject: str,
    public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    signing_key: ec.EllipticCurvePrivateKey,
    path_length: int | None,
) -> x509.Certificate:
    is_authority = path_length is not None
    builder = (
        x509.CertificateBuilder()
        .subject_name(make_name(subject))
        .issuer_name(make_name(issuer))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(AUTHORITY_FROM)
        .not_valid_after(AUTHORITY_UNTIL)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=path_length), critical=True)
        .add_extension(make_key_usage(is_authority=is_authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if not is_authority:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(signing_key, hashes.SHA256())


def make_name(common_name: str, *more: x509.NameAttribute[str]) -> x509.Name:
    """Return a name of the sandbox's authority with further attributes."""
    return x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"), *more, x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    )


def make_key_usage(*, is_authority: bool) -> x509.KeyUsage:
    """Return signing of certificates for an authority, signing of documents for everybody else."""
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=not is_authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _private_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _public_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


@dataclass(frozen=True)
class Keys:
    """The partners' view of a home."""

    home: Path

    @cached_property
    def client_values(self) -> dict[str, str]:
        """Return what client.env says."""
        lines = (self.home / CLIENT_FILE).read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

    def signer(self, service: str) -> protocol.KeyPairSigner:
        """Return the partner's signer: its own key, the product's public key."""
        return protocol.KeyPairSigner(self.private_key(service), self.client_key(service))

    def private_key(self, service: str) -> rsa.RSAPrivateKey:
        """Return the partner's own key."""
        return protocol.load_private_key(self.home / "server" / f"{service}_private.pem")

    def client_key(self, service: str) -> rsa.RSAPublicKey:
        """Return the product's public key at this partner."""
        return protocol.load_public_key(self.home / "server" / f"{service}_client_public.pem")

    def read_client(self, name: str) -> str:
        """Return the text of a shared secret."""
        return (self.home / "client" / name).read_text().strip()

    def read_server(self, name: str) -> bytes:
        """Return a file of the authority."""
        return (self.home / "server" / name).read_bytes()
