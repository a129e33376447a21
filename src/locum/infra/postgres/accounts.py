"""Lets PostgreSQL run when locum runs as root, which PostgreSQL itself refuses to be."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NAME = "locum"
_OTHERS_MAY_PASS = 0o001
_OTHERS_MAY_READ = 0o005


@dataclass(frozen=True)
class Account:
    """Whom PostgreSQL runs as; `switch` is what `subprocess.Popen` needs for that."""

    uid: int
    gid: int
    foreign: bool

    @property
    def switch(self) -> dict[str, Any]:
        """Arguments of Popen; none where no switch is needed."""
        return {"user": self.uid, "group": self.gid, "extra_groups": ()} if self.foreign else {}

    def own(self, path: Path) -> None:
        """Hand the path to the account, with no access for others."""
        path.chmod(0o700)
        if self.foreign:
            os.chown(path, self.uid, self.gid)


def account_for(data: Path) -> Account:
    """The account that owns the data already; else our own; for root, the system account `locum` or `nobody`."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), foreign=False)
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid, foreign=True)
    entry = _system_account()
    return Account(entry.pw_uid, entry.pw_gid, foreign=True)


def _system_account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(_NAME)
    except KeyError:
        pass
    if useradd := shutil.which("useradd"):
        subprocess.run(  # noqa: S603 - fixed arguments
            [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _NAME],
            check=False,
            capture_output=True,
        )
    try:
        return pwd.getpwnam(_NAME)
    except KeyError:
        return pwd.getpwnam("nobody")


def let_through(path: Path) -> None:
    """Let other accounts pass through (not list) the directories that lead to the path, as far as they may not yet."""
    for directory in (path, *path.parents):
        mode = directory.stat().st_mode
        if not mode & _OTHERS_MAY_PASS:
            directory.chmod(mode | _OTHERS_MAY_PASS)


def let_read(tree: Path) -> None:
    """Let other accounts run the programs in the tree, where a strict umask at installation kept them out."""
    if (tree / "bin" / "postgres").stat().st_mode & _OTHERS_MAY_READ == _OTHERS_MAY_READ:
        return
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o044 | ((mode & 0o100) and 0o011))
