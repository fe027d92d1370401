"""All that openapi.yaml describes, as requests: for what must hold for each of them."""

from itertools import product

from casa_labext import schemas

#: Parts of paths that have no list of values: nobody's cluster and job.
UNKNOWN = {"id": "0" * 32, "job": "1"}


def operations() -> list[tuple[str, str]]:
    """Method and path of each, below the interface's address; the WebSocket is a GET. A part with a list of values has each of them."""
    document = schemas.document()
    found = [("GET", "stream")]
    for path, item in document["paths"].items():
        values = {}
        for parameter in item.get("parameters", []):
            parameter = document["components"]["parameters"].get(parameter.get("$ref", "").rpartition("/")[2], parameter)
            if parameter["in"] == "path":
                schema = parameter["schema"]
                schema = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
                values[parameter["name"]] = schema.get("enum") or [UNKNOWN[parameter["name"]]]
        for chosen in product(*values.values()):
            filled = path.lstrip("/").format(**dict(zip(values, chosen, strict=True)))
            found += [(method.upper(), filled) for method in item if method != "parameters"]
    return found
