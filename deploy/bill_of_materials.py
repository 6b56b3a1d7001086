"""Write the bill of materials of what is installed with storecast (CycloneDX), and the page of licences.

cyclonedx-py lists everything in an environment, and a developer's holds the tools of tests, too. What the lock files name
stays: that of `make run`, and that of the image.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCKS = (Path("requirements.txt"), Path("requirements-serve.txt"))
# What these packages' metadata leave out or say in words; each read from the licence file that they install.
READ_FROM_FILES = {"partd": "BSD-3-Clause", "protobuf": "BSD-3-Clause", "skops": "MIT"}
CLASSIFIERS = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: MIT License": "MIT",
}
ELSEWHERE = {"tzdata": "Apache-2.0"}  # locked for Windows alone
PAGE = """# Licences of what storecast installs

storecast itself is under Apache-2.0. `make run` and the image install the packages below, whose licences allow commercial use. None
is changed. `psycopg` (LGPL) is an extra for PostgreSQL that is installed as published and can be replaced. `make sbom` writes
the bill of materials with versions, `dist/sbom.json` (CycloneDX), and this page.

| licence | packages |
| --- | --- |
"""


def plain(name: str) -> str:
    """Return a package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(*locks: Path) -> set[str]:
    """Return the names of the packages in lock files."""
    texts = (lock.read_text(encoding="utf-8") for lock in locks)
    return {plain(name) for text in texts for name in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)}


def bill_of(environment: Path, names: set[str]) -> dict[str, Any]:
    """Return the bill of materials of the packages with these names in an environment."""
    command = [str(Path(sys.executable).with_name("cyclonedx-py")), "environment", "--pyproject", "pyproject.toml"]
    options = ["--output-reproducible", "--of", "JSON", str(environment)]
    bill: dict[str, Any] = json.loads(subprocess.run([*command, *options], check=True, capture_output=True).stdout)
    bill["components"] = [part for part in bill["components"] if plain(part["name"]) in names]
    refs = {part["bom-ref"] for part in [*bill["components"], bill["metadata"]["component"]]}
    bill["dependencies"] = [
        entry | {"dependsOn": [ref for ref in entry.get("dependsOn", ()) if ref in refs]}
        for entry in bill["dependencies"]
        if entry["ref"] in refs
    ]
    return bill


def licence_of(component: dict[str, Any]) -> str:
    """Return the licence of a component of the bill, as SPDX writes it."""
    name = plain(component["name"])
    entries = component.get("licenses", [])
    terms = [entry.get("expression") or entry["license"].get("id") for entry in entries]
    terms += [CLASSIFIERS.get(entry.get("license", {}).get("name", "")) for entry in entries]
    known = next(filter(None, terms), None) or READ_FROM_FILES.get(name)
    if known is None:
        sys.exit(f"{name} does not say its licence: read it, and add it to READ_FROM_FILES.")
    return str(known)


def page_of(bill: dict[str, Any]) -> str:
    """Return the page of licences."""
    packages = {plain(part["name"]): licence_of(part) for part in bill["components"]} | ELSEWHERE
    licences: dict[str, list[str]] = {}
    for name, licence in sorted(packages.items()):
        licences.setdefault(licence, []).append(name)
    rows = [f"| {licence} | {', '.join(names)} |" for licence, names in sorted(licences.items())]
    return PAGE + "\n".join(rows) + "\n"


def main() -> None:
    """Write both files."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--environment", type=Path, default=Path(".venv"))
    options.add_argument("--lock", type=Path, nargs="+", default=LOCKS)
    options.add_argument("--out", type=Path, default=Path("dist/sbom.json"))
    options.add_argument("--page", type=Path, default=Path("docs/licences.md"))
    given = options.parse_args()
    bill = bill_of(given.environment, locked(*given.lock))
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(bill, indent=1), encoding="utf-8")
    given.page.write_text(page_of(bill), encoding="utf-8")


if __name__ == "__main__":
    main()
