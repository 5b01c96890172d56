"""What the wheel with all extras brings along, as CycloneDX: `reports/sbom.cdx.json`.

python -m tools.release.sbom

Versions and licenses are those that `make setup` installed from requirements/dev.txt, with the
hashes there. Packages of the tools alone (tests, docs, build) are left out.
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from typing import Any, Final

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.documents import ROOT

SBOM: Final = ROOT / "reports" / "sbom.cdx.json"
NAME: Final = "drs-sync-policy"
_LOCK: Final = ROOT / "requirements" / "dev.txt"


def packages(name: str = NAME, extras: frozenset[str] = frozenset({"all"})) -> dict[str, set[str]]:
    """Each package that an installation of `name` brings here, with those that it needs itself."""
    needs: dict[str, set[str]] = {}
    left: list[tuple[str, frozenset[str]]] = [(canonicalize_name(name), extras)]
    seen = set[tuple[str, frozenset[str]]]()
    while left:
        package = left.pop()
        if package not in seen:
            seen.add(package)
            needed = list(_needed(*package))
            needs.setdefault(package[0], set()).update(each for each, _ in needed)
            left += needed
    return needs


def _needed(name: str, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for line in distribution(name).requires or ():
        wanted = Requirement(line)
        marker = wanted.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in {"", *extras}):
            yield canonicalize_name(wanted.name), frozenset(wanted.extras)


def hashes(lock: str) -> dict[str, list[str]]:
    """The SHA-256 of the files of each package, by `name==version`."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in lock.splitlines():
        if pinned := re.match(r"[a-z0-9.-]+==[^ ]+", line):
            name = pinned[0]
        elif hashed := re.search(r"sha256:([0-9a-f]{64})", line):
            found.setdefault(name, []).append(hashed[1])
    return found


def _component(found: Distribution, files: list[str]) -> Component:
    name = canonicalize_name(found.name)
    return Component(
        name=name,
        version=found.version,
        bom_ref=f"{name}=={found.version}",
        purl=PackageURL("pypi", name=name, version=found.version),
        licenses=_licenses(found),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in files],
    )


def _licenses(found: Distribution) -> list[LicenseExpression | DisjunctiveLicense]:
    if expressions := found.metadata.get_all("License-Expression"):
        return [LicenseExpression(expressions[0])]
    named = [
        line.rpartition(" :: ")[2]
        for line in found.metadata.get_all("Classifier") or ()
        if line.startswith("License :: ")
    ]
    return [DisjunctiveLicense(name=name) for name in named]


def sbom() -> str:
    """The document, the same for the same lock and the same Python."""
    locked = hashes(_LOCK.read_text("utf-8"))
    needs = packages()
    made = {
        name: _component(found, locked.get(f"{name}=={found.version}", []))
        for name in sorted(needs)
        for found in [distribution(name)]
    }
    bom, root = Bom(), made[NAME]
    root.type = ComponentType.APPLICATION
    bom.metadata.component = root
    bom.components = [each for each in made.values() if each is not root]
    for name, component in made.items():
        needed = [made[each] for each in sorted(needs[name])]
        bom.register_dependency(component, needed)
    text: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    # What differs between two runs is replaced: the document is as old as its lock.
    del text["metadata"]["timestamp"], text["serialNumber"]
    digest = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(text, sort_keys=True))
    return json.dumps({**text, "serialNumber": f"urn:uuid:{digest}"}, indent=1, sort_keys=True)


def main() -> int:
    document = sbom()
    SBOM.parent.mkdir(exist_ok=True)
    SBOM.write_text(document + "\n", "utf-8")
    print(f"{SBOM.relative_to(ROOT)}: {len(json.loads(document)['components'])} components")
    return 0


if __name__ == "__main__":
    sys.exit(main())
