"""What is told of a batch system's command that fails."""

import pytest

from casa_labext.batch import commands

SLURM = "sh: error: resolve_ctls_from_dns_srv: Unknown host\nsh: error: fetch_config: DNS SRV lookup failed\nsh: fatal: No configuration\n"


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        ("", "sh: exit code 3"),
        ("no such queue\n", "sh: no such queue"),
        ("ERROR: one\n  and more\n\nAdvice for administrators\n", "sh: ERROR: one and more"),
        (SLURM, "sh: fatal: No configuration"),
        ("x" * 1000, "sh: " + "x" * commands.SHOWN),
    ],
)
async def test_its_complaint_is_told_in_a_line(printed: str, told: str) -> None:
    with pytest.raises(commands.CommandFailed) as failed:
        await commands.run(["sh", "-c", 'printf %s "$0" >&2; exit 3', printed], deadline=30)
    assert (failed.value.message, failed.value.code) == (told, 3)
