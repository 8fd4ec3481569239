"""The Data Package standard, version 2, as a JSON schema: written by hand from what the specification requires.

Data Package, Data Resource, Table Schema and Table Dialect say what must, may and must not stand in a descriptor; here is
what concerns a package of CSV files. Properties of one's own are allowed everywhere, as the specification has it.
"""

NAME = {"type": "string", "pattern": "^[a-z0-9._/-]+$"}
TEXT = {"type": "string", "minLength": 1}
TYPES = ["string", "number", "integer", "boolean"]  # of the standard's types, those that are used
CONSTRAINTS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "required": {"type": "boolean"},
        "unique": {"type": "boolean"},
        "minimum": {"type": "number"},
        "maximum": {"type": "number"},
        "enum": {"type": "array", "minItems": 1, "uniqueItems": True},
    },
}
FIELD = {
    "type": "object",
    "required": ["name", "type", "title"],
    "properties": {
        "name": TEXT,
        "type": {"enum": TYPES},
        "title": TEXT,
        "description": TEXT,
        "unit": TEXT,
        "missingValues": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "constraints": CONSTRAINTS,
    },
}
SCHEMA = {
    "type": "object",
    "required": ["fields"],
    "properties": {
        "fields": {"type": "array", "minItems": 1, "items": FIELD},
        "missingValues": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "primaryKey": {"type": "array", "minItems": 1, "items": TEXT, "uniqueItems": True},
    },
}
RESOURCE = {
    "type": "object",
    "required": ["name", "path", "type", "schema"],
    "not": {"required": ["data"]},
    "properties": {
        "name": NAME,
        "path": {"type": "string", "pattern": r"^(?!/)(?!.*\.\.)[^\\]+$"},
        "type": {"const": "table"},
        "title": TEXT,
        "description": TEXT,
        "format": {"const": "csv"},
        "mediatype": {"const": "text/csv"},
        "encoding": {"const": "utf-8"},
        "bytes": {"type": "integer", "minimum": 0},
        "hash": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
        "schema": SCHEMA,
    },
}
PACKAGE = {
    "type": "object",
    "required": ["resources"],
    "properties": {
        "$schema": {"const": "https://datapackage.org/profiles/2.0/datapackage.json"},
        "name": NAME,
        "id": TEXT,
        "title": TEXT,
        "description": TEXT,
        # semantic versioning 2.0: a build's identifiers are letters, figures and hyphens
        "version": {"type": "string", "pattern": r"^\d+\.\d+\.\d+(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$"},
        "licenses": {"type": "array", "minItems": 1, "items": {"anyOf": [{"required": ["name"]}, {"required": ["path"]}]}},
        "sources": {"type": "array", "minItems": 1, "items": {"type": "object", "minProperties": 1}},
        "resources": {"type": "array", "minItems": 1, "items": RESOURCE},
    },
}  # fmt: skip
