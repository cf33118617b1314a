"""A machine's disk: a sparse ext4 image of the requested size, as the upper layer of an overlay over the cached root.

So a full disk is a real one, `df` shows the volume's size, nothing is copied at boot, and the upper layer works on hosts whose own
root is an overlay. The image has no journal: a machine's disk is not used after a crash of the host.
"""

import os
import shutil

from .run import run, succeeds

FILLER = ".lab-filler"


class Disk:
    def __init__(self, folder):
        self.folder = folder
        self.image = folder / "disk.img"
        self.volume = folder / "disk"
        self.root = folder / "root"

    def make(self, gibibytes, layers):
        """`layers` are the read-only ones, the topmost first."""
        for path in (self.volume, self.root):
            path.mkdir(parents=True)
        with open(self.image, "wb") as image:
            image.truncate(gibibytes << 30)
        run("mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", "-E", "lazy_itable_init=1,nodiscard", self.image)
        run("mount", "-o", "loop,noatime", self.image, self.volume)
        (self.volume / "upper").mkdir()
        (self.volume / "work").mkdir()
        lower = ":".join(str(layer) for layer in layers)
        options = f"lowerdir={lower},upperdir={self.volume}/upper,workdir={self.volume}/work"
        run("mount", "-t", "overlay", "jac-lab", "-o", options, self.root)

    def fill(self):
        """Fills the disk to the last byte; there is no reserve for root either."""
        free = os.statvfs(self.volume)
        filler = os.open(self.volume / FILLER, os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            os.posix_fallocate(filler, 0, max(free.f_bavail - 64, 1) * free.f_frsize)
            block = bytes(free.f_frsize)
            os.lseek(filler, 0, os.SEEK_END)
            while os.write(filler, block):
                os.fsync(filler)
        except OSError:
            pass  # ENOSPC is the aim.
        finally:
            os.close(filler)

    def free(self):
        (self.volume / FILLER).unlink(missing_ok=True)

    def copy_upper(self, to):
        """The machine's changes, as a layer for other machines."""
        run("sync", "-f", self.volume)
        run("cp", "-a", self.volume / "upper", to, timeout=300)

    def remove(self):
        for path in (self.root, self.volume):
            if os.path.ismount(path):
                # A process that was just killed may still use it; a lazy unmount completes with its last user.
                succeeds("umount", path) or run("umount", "-l", path)
        shutil.rmtree(self.folder, ignore_errors=True)
