"""The certificate of a server is checked, and a capture keeps whether it was."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from warcio.archiveiterator import ArchiveIterator

from newsarchive.cli.fetching import Fetcher
from newsarchive.exceptions import FetchError
from tests.crawling.test_crawl import STORY, front, post, rows
from tests.support.serving import Answer, Site, crawl, served

#: What is wrong with a certificate → OpenSSL's words for it, or ours.
WRONG = {
    "expired": "certificate has expired",
    "unknown": "self-signed certificate",
    "other-name": "another name",
}
#: The same for certificates that name no host.
NAMELESS = {"nameless": "another name", "nameless-expired": "certificate has expired"}
#: What a certificate may name beside the host; none of it says anything of the host.
BESIDE = [
    x509.DNSName("10.0.0.1"),
    x509.DNSName("*"),
    x509.UniformResourceIdentifier("https://blog.example:8443/"),
]
#: Days that a certificate of a kind is still good for, where not 9.
DAYS = {"expired": -1, "nameless-expired": -1, "soon": 2}


class Authority:
    """A certificate authority of one test, and what it signs."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.name = named("Test authority")
        self.file = folder / "authority.pem"
        own = certificate(self.name, self.key, issuer=self.name, days=9)
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        usage = x509.KeyUsage(False, False, False, False, False, key_cert_sign=True, crl_sign=True,
                              encipher_only=False, decipher_only=False)  # fmt: skip
        own = own.add_extension(usage, critical=True)
        own = own.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False
        )
        self.file.write_bytes(own.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def context(self, kind: str) -> ssl.SSLContext:
        """A server's side of TLS, with a certificate that is right, or wrong as `kind` says."""
        key, is_own = ec.generate_private_key(ec.SECP256R1()), kind == "unknown"
        issuer = named(kind) if is_own else self.name
        made = certificate(named(kind), key, issuer=issuer, days=DAYS.get(kind, 9))
        address = x509.IPAddress(ip_address("127.0.0.2" if kind == "other-name" else "127.0.0.1"))
        if kind not in NAMELESS:
            made = made.add_extension(x509.SubjectAlternativeName([*BESIDE, address]), critical=False)
        signer = (key if is_own else self.key).public_key()
        # Python 3.13 asks for it.
        made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), critical=False)
        file = self.folder / f"{kind}.pem"
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        signed = made.sign(key if is_own else self.key, hashes.SHA256())
        file.write_bytes(secret + signed.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def certificate(
    name: x509.Name, key: ec.EllipticCurvePrivateKey, *, issuer: x509.Name, days: int
) -> x509.CertificateBuilder:
    """A certificate that ends in so many days, unsigned."""
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number())
    return made.not_valid_before(now - timedelta(days=9)).not_valid_after(now + timedelta(days=days))


@contextmanager
def blog(authority: Authority) -> Iterator[tuple[Site, dict[str, str]]]:
    """A blog with a certificate that is right, whose posts redirect to servers with wrong ones; kind → post."""
    with ExitStack() as servers:
        posts, table = {}, {"/right/": post("Right")}
        for number, kind in enumerate(WRONG):
            story = post(kind, body=STORY.replace("bridge", f"quay {number}"))
            other = servers.enter_context(served({"/post/": story}, authority.context(kind)))
            table[f"/{kind}/"] = Answer(status=302, headers={"Location": f"{other.home}/post/"})  # type: ignore[assignment]
            posts[kind] = f"/{kind}/"
        site = servers.enter_context(served({"/": front(*table), **table}, authority.context("right")))
        yield site, {kind: site.home + path for kind, path in posts.items()}


@pytest.mark.slow
def test_a_crawl_refuses_certificates_that_are_wrong_and_keeps_which_were_not_checked(
    tmp_path: Path, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    monkeypatch.setenv("NEWSARCHIVE_ALLOW_PRIVATE", "127.0.0.1")  # the other servers have ports of their own
    with blog(authority) as (site, posts):
        done = crawl(f"url={site.home}/", db=db)
        assert done.returncode == 3, done.stderr
        for kind, words in WRONG.items():
            (line,) = [line for line in done.stderr.splitlines() if kind in line or words in line]
            assert f"is not valid (it is for {words})" in line or f"is not valid ({words})" in line
            assert "DOWNLOAD_VERIFY_CERTIFICATES = 0" in line
            assert (
                f"newsarchive sites add --verify-certificates false {site.home}/, or" in line
            )  # not the other server
        states = dict(rows(db, "SELECT url, reason FROM urls"))  # type: ignore[arg-type]
        assert {states[url] for url in posts.values()} == {"bad certificate"}
        assert rows(db, "SELECT headline FROM articles") == [("Right",)]
        assert rows(db, "SELECT tls_verified FROM captures") == [(1,)]
        crawl(f"url={site.home}/", "-s", "DOWNLOAD_VERIFY_CERTIFICATES=0", db=db)
    assert {headline for (headline,) in rows(db, "SELECT headline FROM articles")} == {"Right", *WRONG}
    assert rows(db, "SELECT tls_verified, count(*) FROM captures GROUP BY 1 ORDER BY 1") == [(0, 3), (1, 1)]
    marks = []
    for file in (tmp_path / "archive-warc").glob("*.warc.gz"):
        with file.open("rb") as stream:
            marks += [
                r.rec_headers.get_header("X-Certificate-Verified")
                for r in ArchiveIterator(stream)
                if r.rec_type == "response"
            ]
    assert sorted(map(str, marks)) == ["None", "no", "no", "no"]


@pytest.mark.slow
def test_of_a_site_whose_certificate_was_valid_before_more_is_said(
    tmp_path: Path, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    context = authority.context("right")
    with served({"/": front("/right/"), "/right/": post("Right")}, context) as site:
        assert crawl(f"url={site.home}/", db=db).returncode == 0
        authority.context("expired")
        context.load_cert_chain(tmp_path / "expired.pem")
        done = crawl(f"url={site.home}/", db=db)
    assert done.returncode == 4, done.stderr
    assert "is not valid (certificate has expired)" in done.stderr
    assert "a certificate that ran out is mostly renewed within days" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("kind", NAMELESS)
def test_a_certificate_that_names_no_host_is_refused_in_one_line(
    kind: str, tmp_path: Path, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with served({"/": "here"}, authority.context(kind)) as site:
        done = crawl(f"url={site.home}/", db=db)
    assert done.returncode == 4, done.stderr
    assert NAMELESS[kind] in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("kind", [*WRONG, *NAMELESS])
def test_extract_refuses_them_too(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with served({"/": "here"}, authority.context(kind)) as site:
        with pytest.raises(
            FetchError, match=r"the certificate of the server is not valid \(.*--verify-certificates false"
        ):
            Fetcher(named=[site.home]).get(f"{site.home}/")
        assert Fetcher(named=[site.home], verify_certificates=False).get(f"{site.home}/").body == b"here"
    with served({"/": "here"}, authority.context("right")) as site:
        assert Fetcher(named=[site.home]).get(f"{site.home}/").body == b"here"
