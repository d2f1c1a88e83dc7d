"""Seeds for one target that are not kept: out of the standards' own samples and schemas, which are not part of the
repository, and out of our own seeds with each number in turn put to an extreme, which mutation by chance seldom does.

    python3 tests/fuzz/seeds.py TARGET FOLDER

Writes one file for each seed into FOLDER, in the form that the target reads, and says how many. BUSBAR_STANDARDS says
where the standards lie; without them there are none of theirs, which is no error.
"""
import hashlib
import json
import os
import pathlib
import re
import sys

SOURCE = pathlib.Path(os.environ.get("BUSBAR_SOURCE_DIR", "."))
STANDARDS = pathlib.Path(os.environ.get("BUSBAR_STANDARDS", SOURCE / ".." / "shared" / "standards"))
LARGEST = 16384  # bytes; more is slow to mutate


def files(folder, pattern):
    return sorted(path for path in (STANDARDS / folder).rglob(pattern) if path.is_file())


def one_line(text):
    return " ".join(re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL).split())


def example(schema, root, depth=0):
    """A value that the JSON schema allows, with all that may be there."""
    if "$ref" in schema:
        schema = root["definitions"][schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return {name: example(member, root, depth + 1) for name, member in schema.get("properties", {}).items()
                if name != "customData" and (depth < 6 or name in schema.get("required", []))}
    if kind == "array":
        return [example(schema["items"], root, depth + 1)]
    if kind == "string":
        return "2026-01-01T00:00:00Z" if schema.get("format") == "date-time" else "1"
    return {"integer": 1, "number": 1.5, "boolean": True}.get(kind, "1")


def ocpp_messages():
    """(namespace, action, 'Request' or 'Response', payload) of every schema."""
    for version, namespace in (("1.6", "v16"), ("2.0.1", "v201")):
        for path in files("ocpp/" + version, "*.json"):
            try:
                schema = json.loads(path.read_text(encoding="utf-8-sig"))
            except ValueError:
                continue
            if isinstance(schema, dict) and schema.get("type") == "object":
                action, kind = re.fullmatch(r"(.*?)(Request|Response|)", path.stem).groups()
                yield namespace, action, kind or "Request", json.dumps(example(schema, schema), separators=(",", ":"))


def openadr3_examples():
    """(kind, text) of every example, a list once for each of its members."""
    for path in files("openadr3/examples", "*.json"):
        try:
            content = json.loads(path.read_text())
        except ValueError:
            continue
        name = re.sub("report_request_event", "event", path.stem.lower())
        kind = next((kind for kind in ("report", "event", "program", "resource", "ven") if kind in name), "event")
        for value in content if isinstance(content, list) else [content]:
            yield kind, json.dumps(value, separators=(",", ":"))


def xml_samples(folder):
    """(local name of the root, the document in one line)."""
    for path in files(folder, "*.xml"):
        text = one_line(path.read_text(encoding="utf-8-sig", errors="replace"))
        root = re.search(r"<(?:\w+:)?(\w+)[\s>/]", re.sub(r"<\?.*?\?>", "", text))
        if root:
            yield root.group(1), text


def json_seeds():
    for namespace, action, kind, payload in ocpp_messages():
        yield f"{namespace}/{action}{kind}\n{payload}"
    for kind, text in openadr3_examples():
        yield f"v3/{kind.capitalize()}Request\n{text}"
        yield f"v3/{kind.capitalize()}\n{text}"


def xml_seeds():
    for name, text in xml_samples("ieee2030_5/samples"):
        yield f"sep/{name}\n{text}"
    for _, text in xml_samples("openadr2b/samples"):
        yield f"oadr\n{text}"


def ocpp_seeds():
    for namespace, action, kind, payload in ocpp_messages():
        for strict in (0, 2):
            head = chr((namespace == "v201") + strict)
            yield head + (f'[2,"1","{action}",{payload}]' if kind == "Request" else f'[3,"1",{payload}]')


def openadr2b_seeds():
    for _, text in xml_samples("openadr2b/samples"):
        for turns in (0, 1, 4):  # into the registration, and after it
            yield "\x1e" * turns + text


def openadr3_seeds():
    for kind, text in openadr3_examples():
        body = json.loads(text)
        if kind in ("ven", "resource"):
            body.setdefault("objectType", "VEN_VEN_REQUEST" if kind == "ven" else "VEN_RESOURCE_REQUEST")
        if kind == "event":
            body["programID"] = "0"
        who = "a" if kind in ("report", "resource") else "u"
        yield f'u POST /programs\n{{"programName":"p"}}\x1e{who} POST /{kind}s\n{json.dumps(body)}\x1eu GET /{kind}s'


def openadr3_client_seeds():
    token = '2{"access_token":"t","token_type":"Bearer","expires_in":3600}'
    for kind, text in openadr3_examples():
        yield {"program": token, "event": token + "\x1e2[]\x1e2[]"}.get(kind, token + "\x1e2[]") + "\x1e2[" + text + "]"


POSTED = {"MirrorUsagePoint": "POST /mup", "MirrorMeterReading": "POST /mup/1", "DERControlResponse": "POST /rsps/1/rsp",
          "EndDevice": "POST /edev", "DERCapability": "PUT /edev/1/der/1/dercap", "DERSettings": "PUT /edev/1/der/1/derg",
          "DERStatus": "PUT /edev/1/der/1/ders", "DERAvailability": "PUT /edev/1/der/1/dera", "LogEvent": "POST /edev/1/lel"}


def ieee2030_5_seeds():
    for name, text in xml_samples("ieee2030_5/samples"):
        if name in POSTED:
            yield f"\0{POSTED[name]} {text}"
        yield f"\x01{text}\n{text}"


def certificate_seeds():
    for path in files("ieee2030_5/certs", "*"):
        yield path.read_bytes().decode("latin-1")


def extremes(target, values):
    for path in sorted((pathlib.Path(__file__).parent / "corpus" / target).iterdir()):
        text = path.read_text()
        for number in re.finditer(r"(?<=[:\[ ,])-?\d+(?=[,}\]])", text):
            for value in values:
                yield text[:number.start()] + str(value) + text[number.end():]


def snapshot_seeds():
    return extremes("snapshot", (2**63 - 1, -2**63, 10**15, 2**32 - 1, 0))


def documents_seeds():
    return extremes("documents", (2**63 - 1, -2**63, 0))


def journal_seeds():
    return extremes("journal", (2**63 - 1, -2**63))


def main(target, folder):
    seeds = globals().get(target + "_seeds", lambda: ())
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = set()
    for seed in seeds():
        content = seed.encode("latin-1") if target == "certificate" else seed.encode()
        if len(content) <= LARGEST:
            name = hashlib.sha256(content).hexdigest()[:16]
            (folder / name).write_bytes(content)
            written.add(name)
    print(f"{target}: {len(written)} seeds")


if __name__ == "__main__":
    main(*sys.argv[1:])
