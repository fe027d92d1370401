"""Commands of a batch system that a test makes fail, hang, disappear or tell how they were called."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

COMMANDS = ("condor_submit", "condor_q", "condor_rm", "sbatch", "squeue", "scancel", "qsub", "qstat", "qdel")

WRAPPER = """#!{python} -IS
import json, os, sys, time

text = None
for name in sys.argv[1:]:
    if os.path.isfile(name):
        with open(name, errors="replace") as file:
            text = file.read()
log = os.open({log!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
os.write(log, json.dumps([sys.argv[1:], text]).encode() + b"\\n")
"""

FAIL = """
sys.stdout.write({stdout!r})
sys.stderr.write({stderr!r})
sys.exit({code!r})
"""

HANG = """
while os.path.exists({hanging!r}):
    time.sleep(0.1)
sys.exit(1)
"""

SPY = """
os.execv({real!r}, [{real!r}, *sys.argv[1:]])
"""


class Call(NamedTuple):
    """A call of a command."""

    argv: list[str]
    #: The text of the file among the arguments, the last one if there are several.
    text: str | None


class BatchCommands:
    """Stands in for commands, for whoever searches PATH: processes that run already, too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._wrappers = folder / "wrappers"
        self._wrappers.mkdir()
        #: Folders of PATH that have commands of a batch system, and the folders of links that stand for them:
        #: from those a command can be taken away.
        self._mirrors: dict[str, Path] = {}

    def path(self, path: str) -> str:
        """A search path on which commands can be replaced."""
        folders = [str(self._wrappers)]
        for folder in path.split(os.pathsep):
            real = os.path.realpath(folder)
            if any(os.path.lexists(os.path.join(real, command)) for command in COMMANDS):
                if real not in self._mirrors:
                    self._mirrors[real] = self._folder / f"bin{len(self._mirrors)}"
                    self._mirrors[real].mkdir()
                folders.append(str(self._mirrors[real]))
            else:
                folders.append(folder)
        self._fill()
        return os.pathsep.join(folders)

    def _fill(self) -> None:
        """Bring back what is missing."""
        for real, mirror in self._mirrors.items():
            if os.path.isdir(real):
                for name in set(os.listdir(real)) - set(os.listdir(mirror)):
                    (mirror / name).symlink_to(os.path.join(real, name))

    def _log(self, command: str) -> Path:
        return self._folder / f"{command}.calls"

    def _hanging(self, command: str) -> Path:
        return self._folder / f"{command}.hanging"

    def _wrap(self, command: str, action: str) -> None:
        self.restore(command)
        # In one step, as somebody may be about to run it.
        new = self._folder / f"{command}.new"
        new.write_text(WRAPPER.format(python=sys.executable, log=str(self._log(command))) + action)
        new.chmod(0o755)
        new.rename(self._wrappers / command)

    def fail(self, command: str, stderr: str = "", code: int = 1, stdout: str = "") -> None:
        """Say something and exit."""
        self._wrap(command, FAIL.format(stdout=stdout, stderr=stderr, code=code))

    def hang(self, command: str) -> None:
        """Never answer: until the command is replaced or restored, when those that still hang exit with 1."""
        self._wrap(command, HANG.format(hanging=str(self._hanging(command))))
        self._hanging(command).touch()

    def spy(self, command: str) -> None:
        """Run the real one; calls() tells about it."""
        self.restore(command)
        real = shutil.which(command, path=os.pathsep.join(self._mirrors))
        assert real, f"there is no {command}"
        self._wrap(command, SPY.format(real=real))

    def missing(self, command: str) -> None:
        """Not to be found on PATH."""
        self.restore(command)
        for mirror in self._mirrors.values():
            (mirror / command).unlink(missing_ok=True)
        assert not shutil.which(command), f"{command} is in a folder of its own, which is not mirrored"

    def restore(self, command: str) -> None:
        """The real one again."""
        self._hanging(command).unlink(missing_ok=True)
        (self._wrappers / command).unlink(missing_ok=True)
        self._fill()

    def calls(self, command: str) -> list[Call]:
        """The calls in this test, since the command was replaced for the first time."""
        log = self._log(command)
        return [Call(*json.loads(line)) for line in log.read_text().splitlines()] if log.exists() else []

    def reset(self) -> None:
        """Forget everything."""
        for path in (*self._folder.glob("*.hanging"), *self._wrappers.iterdir(), *self._folder.glob("*.calls")):
            path.unlink()
        self._fill()
