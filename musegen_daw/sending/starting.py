"""How the sending process is started."""

from __future__ import annotations

from musegen_daw import children

AS_SENDER = "--sending-process"
"""What a packaged program is started with to be the sending process."""


def command() -> tuple[str, ...]:
    """The command line of a new sending process."""
    return children.command("musegen_daw.sending", AS_SENDER)
