"""Write casa_labext.pot, the catalogue of all texts of the browser; with --check see whether it is current.

The texts are those of `trans.__` and the like in src/, and those of the settings that JupyterLab translates.
"""

import json
import sys
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po
from jupyterlab_server.translation_utils import translator

HERE = Path(__file__).parent
ROOT = HERE.parent
CATALOGUE = HERE / "casa_labext.pot"
#: The methods of JupyterLab's TranslationBundle, with the places of what they translate.
METHODS = {"__": None, "_n": (1, 2), "_p": ((1, "c"), 2), "_np": ((1, "c"), 2, 3)}
#: Headers that change though no text does.
VOLATILE = (b'"POT-Creation-Date', b'"Generated-By')


class Recorder:
    """In the place of gettext's translations: notes what is asked for."""

    def __init__(self, catalogue: Catalog, path: str) -> None:
        self._catalogue = catalogue
        self._path = path

    def pgettext(self, context: str, text: str) -> str:
        """Note a text."""
        self._catalogue.add(text, locations=[(self._path, 0)], context=context)
        return text


def extract() -> bytes:
    """The catalogue. Without numbers of lines: it changes only if a text does."""
    catalogue = Catalog(project="casa_labext", copyright_holder="The casa_labext developers", fuzzy=False)
    methods = [("**.ts", "javascript"), ("**.tsx", "javascript")]
    options = {"**.tsx": {"jsx": "True"}}
    for path, _, text, comments, context in extract_from_dir(ROOT / "src", methods, options, METHODS, directory_filter=not_tests):
        catalogue.add(text, locations=[(f"src/{path}", 0)], auto_comments=comments, context=context)
    for file in sorted((ROOT / "schema").glob("*.json")):
        recorder = Recorder(catalogue, f"schema/{file.name}")
        translator._translate_schema_strings(recorder, json.loads(file.read_text()))
    output = BytesIO()
    write_po(output, catalogue, width=120, sort_by_file=True, include_lineno=False)
    return b"".join(line for line in output.getvalue().splitlines(keepends=True) if not line.startswith(VOLATILE))


def not_tests(folder: str | Path) -> bool:
    """Whether a folder is looked into."""
    return Path(folder).name != "__tests__"


if __name__ == "__main__":
    found = extract()
    if "--check" not in sys.argv:
        CATALOGUE.write_bytes(found)
    elif CATALOGUE.read_bytes() != found:
        sys.exit("locale/casa_labext.pot is not current: python locale/extract.py")
