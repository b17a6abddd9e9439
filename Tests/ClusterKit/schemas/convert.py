"""Writes what ClusterKit reads of CustomResourceDefinitions: python3 convert.py CRD.yaml...

Descriptions are left out, and of a rule in CEL the message stays, by which Swift finds what it checks.
"""
import json
import pathlib
import sys

import yaml

LEFT_OUT = {"description", "title", "example", "externalDocs"}


def slim(schema):
    """Returns the schema without what no request depends on."""
    if isinstance(schema, list):
        return [slim(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {}
    for key, value in schema.items():
        if key == "properties":
            result[key] = {name: slim(member) for name, member in value.items()}
        elif key in ("default", "enum"):
            result[key] = value
        elif key == "x-kubernetes-validations":
            result[key] = [rule.get("message", rule["rule"]) for rule in value]
        elif key not in LEFT_OUT:
            result[key] = slim(value)
    return result


def share(schema, shared):
    """Puts what occurs more than once, as a pod's containers do, into one place."""
    if isinstance(schema, list):
        return [share(item, shared) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: share(value, shared) for key, value in schema.items()}
    text = json.dumps(result, sort_keys=True)
    if len(text) < 400 or not isinstance(result.get("type"), str):
        return result
    number = shared.setdefault(text, str(len(shared) + 1))
    return {"$shared": number}


def columns(version):
    """Returns what kubectl shows of a type; nothing where a path is more than names, which is not understood here."""
    result = version.get("additionalPrinterColumns", [])
    return [] if any("[" in column["jsonPath"] for column in result) else result


def definition(crd):
    """Returns the names of a type, and its versions with their schemas."""
    spec = crd["spec"]
    served = [version for version in spec["versions"] if version["served"]]
    shared = {}
    versions = [
        {
            "name": version["name"],
            "storage": version["storage"],
            "subresources": version.get("subresources", {}),
            "schema": share(slim(version["schema"]["openAPIV3Schema"]), shared),
            "columns": columns(version),
        }
        for version in served
    ]
    return {
        "group": spec["group"],
        "names": spec["names"],
        "scope": spec["scope"],
        "shared": {number: json.loads(text) for text, number in shared.items()},
        "versions": versions,
    }


for name in sys.argv[1:]:
    for crd in yaml.safe_load_all(pathlib.Path(name).read_text()):
        if crd and crd["kind"] == "CustomResourceDefinition":
            text = json.dumps(definition(crd), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            pathlib.Path(crd["metadata"]["name"] + ".json").write_text(text + "\n")
