"""Build the image of deploy/Dockerfile and run it, where neither a registry nor a container engine is to be had.

buildah builds with chroot isolation and plain folders as storage, so that it runs inside a container too. In place of the
registry's python, the base is a small Debian from debootstrap, from the mirror that this machine's apt already uses.
A container is then what an engine would make of the image: its own root file system, read-only; its own mounts, processes
and user; no privileges; the image's own environment, entry point and command. The network is this machine's.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

ROOT = Path(__file__).parents[1]
SUITE = "bookworm"  # whose python3 is 3.11
TOOLS = ("apt-get", "buildah", "chroot", "debootstrap", "mount", "tar", "unshare")
HOME = "/var/lib/storecast"
NOTHING: Mapping[str, Path] = MappingProxyType({})

# As process 1 of namespaces of its own. Whatever is mounted here goes when the process does. `$@` is what to run.
ENTER = """
set -eu
mount --bind "$ROOTFS" "$ROOTFS"
mount -o remount,bind,ro,nosuid "$ROOTFS"
mount -t proc -o nosuid,nodev,noexec proc "$ROOTFS/proc"
mount -t tmpfs -o mode=1777,nosuid,nodev,size=512m tmpfs "$ROOTFS/tmp"
mount -t tmpfs -o mode=0755,nosuid,size=64m tmpfs "$ROOTFS/dev"
mkdir -m 1777 "$ROOTFS/dev/shm"
for node in "null 3" "zero 5" "random 8" "urandom 9"; do
    mknod -m 0666 "$ROOTFS/dev/${node%% *}" c 1 "${node##* }"
done
mount -t tmpfs -o mode=0755 tmpfs "$ROOTFS/run"
for inside in $READABLE; do
    mkdir -p "$ROOTFS${inside%%=*}"
    mount --bind "${inside#*=}" "$ROOTFS${inside%%=*}"
    mount -o remount,bind,ro "$ROOTFS${inside%%=*}"
done
mount --bind "$HOME_OF_CHAIN" "$ROOTFS$HOME_INSIDE"
cd /
exec chroot "$ROOTFS" setpriv --reuid="$UID_" --regid="$GID_" --clear-groups --no-new-privs --bounding-set=-all \\
    env --ignore-environment --chdir="$WORKDIR" "$@"
"""


@dataclass(frozen=True)
class Image:
    """A built image: where its files lie, and what it says of itself."""

    rootfs: Path
    config: Mapping[str, Any]  # User, Env, Entrypoint, Cmd, WorkingDir, Healthcheck
    layers: int  # bytes, compressed

    def start(
        self,
        args: Sequence[str] | None = None,
        *,
        home: Path,
        mounts: Mapping[str, Path] = NOTHING,
        entrypoint: Sequence[str] | None = None,
        env: Mapping[str, str] = MappingProxyType({}),
    ) -> subprocess.Popen[str]:
        """Start a container; without `args` it runs what the image runs.

        Parameters
        ----------
        home : folder mounted over the home; the only one that may be written to, beside /tmp
        mounts : folders to be read, and where they are mounted, below /run
        """
        user, group = str(self.config["User"]).split(":")
        words = [*(self.config["Entrypoint"] if entrypoint is None else entrypoint)]
        words += self.config["Cmd"] if args is None else args
        inside = [*self.config["Env"], *(f"{name}={value}" for name, value in env.items())]
        os.chown(home, int(user), int(group))
        return subprocess.Popen(
            [
                "unshare",
                "--mount",
                "--propagation=private",
                "--pid",
                "--fork",
                "--kill-child",
                "--ipc",
                "--uts",
                "sh",
                "-c",
                ENTER,
                "container",
                *inside,
                *words,
            ],
            env={
                "PATH": os.environ["PATH"],
                "ROOTFS": str(self.rootfs),
                "READABLE": " ".join(f"{inside}={outside}" for inside, outside in mounts.items()),
                "HOME_OF_CHAIN": str(home),
                "HOME_INSIDE": HOME,
                "UID_": user,
                "GID_": group,
                "WORKDIR": str(self.config["WorkingDir"]),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, args: Sequence[str], *, timeout_s: float = 300, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a container to its end."""
        with self.start(args, **options) as process:
            try:
                out, err = process.communicate(timeout=timeout_s)
            finally:
                process.kill()
        return subprocess.CompletedProcess(args, process.returncode, out, err)


def stop(container: subprocess.Popen[str], timeout_s: float) -> int:
    """Ask process 1 of a container to stop, as an engine does, and return its exit code."""
    children = Path(f"/proc/{container.pid}/task/{container.pid}/children").read_text(encoding="ascii").split()
    os.kill(int(children[0]), signal.SIGTERM)
    return container.wait(timeout_s)


def build(folder: Path) -> Image:
    """Build the image in a folder, with all that it takes.

    The folder holds files of other users and mounts none; `remove` deletes it.
    """
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    assert not missing, f"not found: {', '.join(missing)}. On Debian: apt-get install buildah debootstrap util-linux"
    assert os.geteuid() == 0, "debootstrap and the container's mounts need root"
    _base(folder)
    pip = _pip_of_this_machine(folder)
    secrets = [f"--secret=id={name},src={file}" for name, file in pip.items()]
    _buildah(
        folder, "build", "--quiet", "--isolation=chroot", "--format=docker", "--build-arg=BASE=localhost/base", *secrets,
        "--tag=storecast", f"--file={ROOT / 'deploy' / 'Dockerfile'}", str(ROOT),
    )  # fmt: skip
    _buildah(folder, "push", "--quiet", "storecast", f"oci:{folder / 'packed'}")
    container = _buildah(folder, "from", "--pull-never", "storecast")
    inspected = json.loads(_buildah(folder, "inspect", "--type=image", "storecast"))
    return Image(
        rootfs=Path(_buildah(folder, "mount", container)),
        config=inspected["Docker"]["config"],
        layers=sum(file.stat().st_size for file in (folder / "packed" / "blobs" / "sha256").iterdir()),
    )


def remove(folder: Path) -> None:
    """Delete what `build` made."""
    if (folder / "storage").exists():
        _buildah(folder, "rm", "--all")
        _buildah(folder, "rmi", "--all", "--force")
    shutil.rmtree(folder)


def _base(folder: Path) -> None:
    target = folder / "debian"
    _run(
        "debootstrap",
        "--variant=minbase",
        "--include=ca-certificates,python3,python3-venv",
        SUITE,
        str(target),
        _mirror(),
    )
    for left in ("var/cache/apt", "var/lib/apt/lists"):
        shutil.rmtree(target / left)
    _run("tar", "--directory", str(target), "--create", "--file", str(folder / "debian.tar"), ".")
    shutil.rmtree(target)
    container = _buildah(folder, "from", "scratch")
    _buildah(folder, "add", "--quiet", container, str(folder / "debian.tar"), "/")
    _buildah(folder, "commit", "--quiet", "--rm", container, "base")
    (folder / "debian.tar").unlink()


def _mirror() -> str:
    """Return the address from which this machine's apt gets Debian."""
    listed = _run("apt-get", "indextargets", "--format=$(ORIGIN) $(COMPONENT) $(REPO_URI)", "Created-By: Packages")
    mirrors = [line.split()[2] for line in listed.splitlines() if line.startswith("Debian main ")]
    assert mirrors, "apt has no list of Debian's packages here. Run: apt-get update"
    return mirrors[0]


def _pip_of_this_machine(folder: Path) -> dict[str, Path]:
    """Return the secrets of the build: how pip reaches its index here. Nothing of it stays in the image."""
    listed = _run(sys.executable, "-m", "pip", "config", "list")
    options = {}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        options[name.rpartition(".")[2]] = value.strip("'\"")
    pip_options = {name: options[name] for name in ("index-url", "proxy", "timeout", "trusted-host") if name in options}
    secrets = {}
    if "cert" in options:
        secrets["pip.crt"] = Path(options["cert"])
        pip_options["cert"] = "/etc/pip.crt"
    config = folder / "pip.conf"
    config.write_text(
        "[global]\n" + "".join(f"{name} = {value}\n" for name, value in pip_options.items()), encoding="utf-8"
    )
    return {"pip.conf": config, **secrets}


def _buildah(folder: Path, *args: str) -> str:
    storage = ("--root", str(folder / "storage"), "--runroot", str(folder / "run"), "--storage-driver", "vfs")
    return _run("buildah", *storage, *args)


def _run(*command: str) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert ran.returncode == 0, (
        f"{' '.join(command)}: exit code {ran.returncode}\n{ran.stdout[-4000:]}\n{ran.stderr[-4000:]}"
    )
    return ran.stdout.strip()
