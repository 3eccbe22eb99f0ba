"""A PostgreSQL server of one test, on a free port of loopback, which the test may stop, kill and start again."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

#: Where Debian keeps the servers; elsewhere they are on the path.
DEBIAN = "/usr/lib/postgresql"


class Server:
    """The server; `url` names its database."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder = programs, folder
        # PostgreSQL refuses to run as root.
        self.user = "postgres" if os.geteuid() == 0 else None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def is_running(self) -> bool:
        return (self.folder / "data" / "postmaster.pid").exists()

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self.programs / program, *arguments], user=self.user, cwd="/", check=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300,
        )  # fmt: skip

    def create(self) -> None:
        data = str(self.folder / "data")
        self.run(
            "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"
        )

    def start(self) -> None:
        # Without a socket of files: its name would be too long in many a folder of temporary files.
        options = f"-p {self.port} -c unix_socket_directories= -c listen_addresses=127.0.0.1"
        data, log = str(self.folder / "data"), str(self.folder / "log")
        self.run("pg_ctl", "start", "-D", data, "-l", log, "-o", options, "-w", "-t", "100")

    def stop(self, mode: str = "fast") -> None:
        """End the server: `fast` breaks off transactions, `immediate` is a crash, from which the next start recovers."""
        self.run("pg_ctl", "stop", "-D", str(self.folder / "data"), "-m", mode, "-w", "-t", "100")


@contextmanager
def own_postgresql(kept: Path | None = None) -> Iterator[Server]:
    """A running server with an empty database, or a skip with its reason. One in a folder to be `kept` is there again next time."""
    found = shutil.which("initdb")
    programs = [Path(found).parent] if found else sorted(Path(DEBIAN).glob("*/bin"))
    if not programs:
        pytest.skip("no PostgreSQL server is installed here")
    folder = kept or Path(tempfile.mkdtemp(prefix="newsarchive-postgresql-"))
    folder.mkdir(exist_ok=True)
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        server = Server(programs[-1], folder)
        if not (folder / "data").exists():
            server.create()
        server.start()
        try:
            yield server
        finally:
            if server.is_running:
                server.stop("fast" if kept else "immediate")
    finally:
        if not kept:
            shutil.rmtree(folder)
