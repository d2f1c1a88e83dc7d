"""The files of the repository as the structure tests see them: all that git would commit, as it stands now."""
import functools
import os
import pathlib
import shutil
import subprocess

PASSED_BY = {".git", "build", "node_modules", "__pycache__", ".venv"}


@functools.lru_cache(maxsize=None)
def root():
    return pathlib.Path(os.environ.get("BUSBAR_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])


@functools.lru_cache(maxsize=None)
def files():
    """Paths relative to the root, sorted. Without git (an unpacked archive) everything but build folders."""
    listed = None
    if shutil.which("git"):
        listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=root(), capture_output=True)
    if listed and listed.returncode == 0 and listed.stdout:
        paths = listed.stdout.decode().split("\0")
    else:
        paths = [str(path.relative_to(root())) for path in root().rglob("*")
                 if path.is_file() and not PASSED_BY & set(path.relative_to(root()).parts)]
    return sorted(path for path in paths if path and (root() / path).is_file())


def exists(path):
    return (root() / path).exists()


@functools.lru_cache(maxsize=None)
def text(path):
    """The file's text; "" for what is not text."""
    data = (root() / path).read_bytes()
    if b"\0" in data[:4096]:
        return ""
    return data.decode("utf-8", errors="replace")
