"""A certificate authority of the tests' own, and a server's certificate by it."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


@dataclass(frozen=True)
class Certificates:
    """The authority to trust, and what a server at 127.0.0.1 and localhost shows."""

    ca_file: Path
    certificate: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_certificates(folder: Path) -> Certificates:
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = _name("tests")
    of_ca = x509.BasicConstraints(ca=True, path_length=None)
    ca = _builder(ca_name, ca_name, ca_key.public_key()).add_extension(of_ca, critical=True)
    names = [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")]
    leaf = _builder(_name("server"), ca_name, key.public_key()).add_extension(
        x509.SubjectAlternativeName(names), critical=False
    )
    made = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    made.ca_file.write_bytes(ca.sign(ca_key, hashes.SHA256()).public_bytes(Encoding.PEM))
    made.certificate.write_bytes(leaf.sign(ca_key, hashes.SHA256()).public_bytes(Encoding.PEM))
    made.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now, day = datetime.now(UTC), timedelta(days=1)
    return x509.CertificateBuilder(
        issuer, subject, key, x509.random_serial_number(), now - day, now + day
    )
