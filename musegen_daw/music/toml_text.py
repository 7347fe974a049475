"""Read untrusted TOML, limited in length and nesting."""

from __future__ import annotations

import re
import tomllib
from typing import Any

MAX_CHARACTERS = 1 << 16
MAX_DOTS = 8
"""In one dotted key; each opens a nested table."""
_DEEP_KEY = re.compile(
    rf"""^[ \t]*(?:\[\[?[ \t]*)?(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){{{MAX_DOTS + 1}}}""",
    re.MULTILINE,
)


def read_toml(text: str) -> dict[str, Any]:
    """Raises ValueError, with the end of a sentence, where the text is no TOML or exceeds a limit."""
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"longer than {MAX_CHARACTERS:,} characters")
    if _DEEP_KEY.search(text):
        raise ValueError(f"a key of it has more than {MAX_DOTS} dots")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"not TOML: {error}") from error
    except RecursionError:
        raise ValueError("it nests too deep") from None
