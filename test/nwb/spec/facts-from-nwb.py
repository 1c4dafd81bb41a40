"""Write the facts of the namespaces cached in an NWB file, without any text of their documentation.

Usage: python3 facts-from-nwb.py FILE.nwb OUTPUT_DIRECTORY     (needs h5py)

One file facts-<namespace>.json per namespace: a list of lines `<source> <kind> <path> <facts as JSON>`, in the order of
the schema. Members follow their owner: its attributes (`@name`), the fields of a compound (`#name`), then datasets,
groups and links (`/name`, or `/:Type` for members without a name). `facts` are all other keys of the spec.
"""

import json
import pathlib
import sys

import h5py

MEMBERS = (("datasets", "dataset"), ("groups", "group"), ("links", "link"))
NOT_FACTS = {"doc", "attributes", "datasets", "groups", "links"}


def type_of(spec):
    keys = ("neurodata_type_def", "data_type_def", "neurodata_type_inc", "data_type_inc", "target_type")
    return next(spec[key] for key in keys if key in spec)


def key_of(spec):
    return spec["name"] if "name" in spec else ":" + type_of(spec)


def facts_of(spec):
    facts = {key: value for key, value in spec.items() if key not in NOT_FACTS}
    if isinstance(facts.get("dtype"), list):
        facts["dtype"] = "compound"
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def lines_of(source, kind, path, spec):
    yield f"{source} {kind} {path} {facts_of(spec)}"
    for attribute in spec.get("attributes", []):
        yield f"{source} attribute {path}@{attribute['name']} {facts_of(attribute)}"
    if isinstance(spec.get("dtype"), list):
        for field in spec["dtype"]:
            yield f"{source} field {path}#{field['name']} {facts_of(field)}"
    for key, member_kind in MEMBERS:
        for member in spec.get(key, []):
            yield from lines_of(source, member_kind, f"{path}/{key_of(member)}", member)


def namespace_lines(texts):
    (namespace,) = json.loads(texts["namespace"])["namespaces"]
    yield f"namespace namespace {namespace['name']} {facts_of(namespace)}"
    for entry in namespace["schema"]:
        if "source" not in entry:
            continue
        source = json.loads(texts[entry["source"]])
        for key, kind in MEMBERS[:2]:
            for spec in source.get(key, []):
                yield from lines_of(entry["source"], kind, type_of(spec), spec)


def main(nwb_path, output):
    with h5py.File(nwb_path, "r") as file:
        for name, versions in file["specifications"].items():
            ((version, sources),) = versions.items()
            texts = {key: text[()].decode("utf-8") for key, text in sources.items()}
            lines = list(namespace_lines(texts))
            path = pathlib.Path(output) / f"facts-{name}.json"
            text = json.dumps(lines, indent=2, ensure_ascii=False)
            path.write_text(text + "\n", encoding="utf-8")
            print(f"{path}: {len(lines)} lines, version {version}")


if __name__ == "__main__":
    main(*sys.argv[1:])
