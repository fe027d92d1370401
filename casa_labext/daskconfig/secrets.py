"""Which values are not shown."""

from __future__ import annotations

import re
from typing import Any

#: A word of a key or variable that names a secret, unless it names the file that has it.
_NAME = re.compile(
    r"(^|[^a-z])(tokens?|password|passwd|passphrase|secrets?|credentials?|authorization|cookie|(api|access|private|secret)[-_]?key)([^a-z]|$)",
    re.IGNORECASE,
)
#: Where a word begins in AuthToken.
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_FILE = re.compile(r"(file|path|dir|directory|folder)$", re.IGNORECASE)
#: A secret in a text: key material, a URL with a password, a variable or an option that is given one.
_TEXT = (
    re.compile(r"-----BEGIN|://[^/\s:@]+:[^/\s@]+@|\bBearer\s+\S", re.IGNORECASE),
    # From the beginning of a word: a long one would be tried from each of its letters.
    re.compile(r"(?<![\w-])([\w-]+)[\s\"']*[=:][\s\"']*[^\s\"'$]"),
)


def is_secret(key: str, value: Any) -> bool:
    """Whether a value, or anything in it, looks like a secret."""
    if value is None or isinstance(value, bool) or value == "":
        return False
    if isinstance(value, dict):
        return any(is_secret(f"{key}.{name}", item) for name, item in value.items())
    if isinstance(value, list):
        return any(is_secret(key, item) for item in value)
    name = key.rpartition(".")[2]
    text = str(value)
    return _names_a_secret(name) or bool(_TEXT[0].search(text)) or any(_names_a_secret(match[1]) for match in _TEXT[1].finditer(text))


def _names_a_secret(name: str) -> bool:
    words = _WORD.sub(" ", name)
    return bool(_NAME.search(words)) and not _FILE.search(words)


def redacted(value: Any, key: str = "") -> Any:
    """A value of JSON with a word in the place of each secret."""
    if isinstance(value, dict):
        return {name: redacted(item, str(name)) for name, item in value.items()}
    if isinstance(value, list):
        return [redacted(item, key) for item in value]
    return "(hidden)" if is_secret(key, value) else value
