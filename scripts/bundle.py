"""Makes a folder, and a zip of it, that installs the program on a machine without internet.

``python -m scripts.bundle FOLDER``: for the system, processor and Python version that run it.
"""

import hashlib
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCUMENTS = {
    "docs/bundle.md": "README.md",
    "docs/bundle.zh-CN.md": "README.zh-CN.md",
    "docs/operation.md": "docs/operation.md",
    "docs/operation.zh-CN.md": "docs/operation.zh-CN.md",
    "README.md": "docs/README.md",
    "README.zh-CN.md": "docs/README.zh-CN.md",
    "examples/classify.py": "examples/classify.py",
    "examples/classify.sh": "examples/classify.sh",
    "constraints.txt": "constraints.txt",
    "LICENSE": "LICENSE",
}
"""What goes along, and where it goes."""

EXTRAS = ("cluster", "postgresql")
"""Offices that need them have no network either."""


def main() -> None:
    """Make the bundle in the folder given."""
    bundle = Path(sys.argv[1]) / name()
    shutil.rmtree(bundle, ignore_errors=True)
    build_wheels(bundle / "wheels")
    (bundle / "requirements.txt").write_text(requirements(bundle / "wheels"), encoding="utf-8")
    for source, target in DOCUMENTS.items():
        (bundle / target).parent.mkdir(exist_ok=True)
        shutil.copy2(ROOT / source, bundle / target)
    zipped = shutil.make_archive(str(bundle), "zip", bundle.parent, bundle.name)
    print(f"{bundle}\n{zipped}, {Path(zipped).stat().st_size / 1e6:.0f} MB")


def name() -> str:
    """The program, its version, and what it is for: Python, system, processor."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return f"{project['name']}-{project['version']}-{python}-{sysconfig.get_platform()}"


def build_wheels(folder: Path) -> None:
    """A wheel of the project, and of everything that it needs in the versions of constraints.txt.

    What is only published as source is built here. The project is built from a copy: setuptools
    would take what an earlier build left in the checkout.
    """
    with tempfile.TemporaryDirectory() as aside:
        left = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "*.so", "*.pyd")
        copy = shutil.copytree(ROOT, Path(aside) / "project", ignore=left)
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--use-pep517"]
        pip += ["--disable-pip-version-check", "--wheel-dir", str(folder)]
        pip += ["--constraint", str(ROOT / "constraints.txt")]
        subprocess.run([*pip, f"{copy}[{','.join(EXTRAS)}]"], check=True)


def requirements(wheels: Path) -> str:
    """One line for each wheel: name, version, and the SHA-256 that pip checks."""
    lines = []
    for wheel in sorted(wheels.glob("*.whl")):
        project, version = wheel.name.split("-")[:2]
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        lines.append(f"{project.replace('_', '-')}=={version} --hash=sha256:{digest}\n")
    return "".join(lines)


if __name__ == "__main__":
    main()
