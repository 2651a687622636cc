"""Known faults of what requirements.lock names, by pip-audit: `make audit`. Ends with 1 where there are some.

Where the advisories cannot be reached it says so, and ends with 0: nothing was found out.
"""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ADVISORIES = "https://pypi.org/pypi/streamlit/json"
PATIENCE = 10
LONGEST = 300


def main() -> int:
    try:
        with urllib.request.urlopen(ADVISORIES, timeout=PATIENCE) as answer:
            if "vulnerabilities" not in json.load(answer):
                raise ValueError("it tells of none")
    except (OSError, ValueError) as error:
        return nothing_known(str(error))
    command = ["-m", "pip_audit", "-r", "requirements.lock", "--disable-pip", "--progress-spinner=off", "--format=json"]
    try:
        done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=LONGEST)
        return told(json.loads(done.stdout)["dependencies"])
    except (subprocess.TimeoutExpired, ValueError, KeyError) as error:
        return nothing_known(str(error))


def told(packages: list[dict[str, object]]) -> int:
    """Say what was found, and of which packages nothing could be learnt."""
    faults = [(package, fault) for package in packages for fault in package.get("vulns", [])]  # type: ignore[attr-defined]
    for package, fault in faults:
        mended = ", ".join(fault["fix_versions"]) or "no version yet"
        print(f"{package['name']} {package['version']}: {fault['id']}, mended in {mended}")
    unknown = sum("skip_reason" in package for package in packages)
    print(
        f"{len(packages) - unknown} packages looked at, {len(faults)} faults known; {unknown} could not be looked up."
    )
    return 1 if faults else 0


def nothing_known(cause: str) -> int:
    print(f"The advisories cannot be reached ({cause}): nothing was audited.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
