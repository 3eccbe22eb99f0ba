"""Signatures of packages: who holds the key vouches for what is in the package (WACZ Signing and Verification 0.1.0).

    {"path": "datapackage.json", "hash": "sha256:6b0a…",
     "signedData": {"hash": "sha256:6b0a…", "signature": "MGQC…", "publicKey": "MHYw…", "created": …, "software": …}}

This is the specification's anonymous signature: ECDSA with SHA-256 of the text of the digest. The digest is that of
`datapackage.json`, which has the digests of all other files. The key is of the curve P-384, the only one that ReplayWeb.page
reads; the signature is the 96 bytes of r and s, as WebCrypto writes it. A signature says that the package is as the key's
holder made it. Whose key it is, the reader must know from elsewhere: its fingerprint is the SHA-256 of the public key.

    openssl ecparam -name secp384r1 -genkey -noout -out key.pem
    openssl ec -in key.pem -pubout -out public.pem
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from newsarchive.exceptions import UsageError
from newsarchive.version import VERSION

#: Bytes of r, and of s, on the curve P-384.
_HALF_BYTES = 48
_REMEDY = "make one with: openssl ecparam -name secp384r1 -genkey -noout -out key.pem"


def private_key(file: Path | str, password: Callable[[], str] = str) -> ec.EllipticCurvePrivateKey:
    """The key in a PEM file; `password` is asked where the file is locked. Raises `UsageError`."""
    data = _read(file)
    try:
        try:
            key = serialization.load_pem_private_key(data, None)
        except TypeError:  # it is locked
            key = serialization.load_pem_private_key(data, password().encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UsageError(f"{file}: no private key in PEM, or another password: {_REMEDY}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP384R1):
        raise UsageError(
            f"{file}: the key is not of the curve P-384, which packages are signed with: {_REMEDY}"
        )
    return key


def public_key(file: Path | str) -> ec.EllipticCurvePublicKey:
    """The public key in a PEM file. Raises `UsageError`."""
    try:
        key = serialization.load_pem_public_key(_read(file))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UsageError(
            f"{file}: no public key in PEM: openssl ec -in key.pem -pubout -out public.pem makes one"
        ) from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise UsageError(f"{file}: the key is not of the curve P-384, which packages are signed with")
    return key


def _read(file: Path | str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error


def encoded(key: ec.EllipticCurvePublicKey) -> bytes:
    """A public key as packages hold it: SubjectPublicKeyInfo in DER."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def fingerprint(key: bytes) -> str:
    """The SHA-256 of an encoded public key, in hexadecimal digits."""
    return hashlib.sha256(key).hexdigest()


def signed(digest: str, created: str, key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """The `signedData` of a digest such as `sha256:6b0a…`; `created` is a moment in ISO 8601."""
    r, s = decode_dss_signature(key.sign(digest.encode(), ec.ECDSA(hashes.SHA256())))
    signature = r.to_bytes(_HALF_BYTES, "big") + s.to_bytes(_HALF_BYTES, "big")
    return {
        "hash": digest,
        "created": created,
        "software": f"newsarchive {VERSION}",
        "version": "0.1.0",
        "signature": base64.b64encode(signature).decode(),
        "publicKey": base64.b64encode(encoded(key.public_key())).decode(),
    }


def signer(data: dict[str, Any], digest: str) -> bytes:
    """The public key, `encoded`, with which the `signedData` of a package was signed.

    Raises `ValueError`, saying what is wrong, where `data` is no valid signature of `digest`.
    """
    if data.get("hash") != digest:
        raise ValueError(
            "the signature is of another digest: a package that was changed, or a signature taken from elsewhere"
        )
    if "publicKey" not in data and "domainCert" in data:
        raise ValueError(
            f"signed with the certificate of {data.get('domain')}: this command checks signatures by a key alone"
        )
    try:
        public = base64.b64decode(str(data["publicKey"]), validate=True)
        signature = base64.b64decode(str(data["signature"]), validate=True)
        key = serialization.load_der_public_key(public)
    except (KeyError, binascii.Error, ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(
            "the signature is not written as WACZ Signing and Verification 0.1.0 asks"
        ) from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError("the signature is not ECDSA, which WACZ Signing and Verification 0.1.0 asks for")
    if len(signature) == 2 * _HALF_BYTES:
        halves = (
            int.from_bytes(signature[:_HALF_BYTES], "big"),
            int.from_bytes(signature[_HALF_BYTES:], "big"),
        )
        signature = encode_dss_signature(*halves)
    try:
        key.verify(signature, digest.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise ValueError("the signature does not fit the package's digest and the key in it") from None
    return encoded(key)
