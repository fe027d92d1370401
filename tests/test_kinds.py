"""What every kind of cluster must be."""

import subprocess
import sys

import pytest
from jsonschema import Draft202012Validator

from casa_labext import kinds


@pytest.mark.parametrize("name", sorted(kinds.references()))
def test_a_kind_needs_the_standard_library_alone(name: str) -> None:
    reference = kinds.references()[name]
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); before = set(sys.modules)\n"
        "from casa_labext import kinds; kinds.load(sys.argv[2])\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(new - sys.stdlib_module_names - {'casa_labext'}))"
    )
    folder = kinds.__file__.rpartition("/casa_labext/")[0]
    output = subprocess.run([sys.executable, "-I", "-S", "-c", code, folder, reference], check=True, capture_output=True, text=True)
    assert output.stdout.strip() == ""


@pytest.mark.parametrize("name", sorted(kinds.references()))
def test_a_kind_describes_its_options(name: str) -> None:
    kind = kinds.load(kinds.references()[name])
    assert kind.title
    assert kind.maximum_workers > 0
    Draft202012Validator.check_schema(kind.settings)
    for option, schema in kind.options.items():
        Draft202012Validator.check_schema(schema)
        assert option == option.lower().replace("_", "-")
        assert schema["title"]
        Draft202012Validator(schema).validate(schema["default"])


def test_the_kinds_are_found() -> None:
    assert {"local", "factory"} <= kinds.references().keys()
    assert "base" not in kinds.references()


def test_unknown_kind() -> None:
    with pytest.raises(ImportError):
        kinds.load("casa_labext.kinds.nothing:kind")
