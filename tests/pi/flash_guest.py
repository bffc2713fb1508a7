"""flash_guest.py: a guest as `make flash` meets a Pi: Debian with systemd, sshd
and sudo on a disk of its own, and a chip that is called as a Pi 4's.

Nobody outside reaches it, and it reaches nobody: only its port 22 is a port of
this machine's loopback.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pieces
from guest import DEADLINE_S, Guest, GuestError, free_port, initramfs

PACKAGES = "systemd systemd-sysv libnss-systemd udev dbus openssh-server sudo libpam-modules libpam-runtime".split()
PACKAGES += "bash dash coreutils tar grep sed findutils util-linux mount login passwd base-files base-passwd".split()
PACKAGES += ["procps", "hostname"]
LEFT_OUT = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/perl")
# What takes time in an emulated machine, and has nothing to do here.
LEFT_OUT += ("lib/systemd/system-generators", "usr/lib/systemd/user-generators")
LEFT_OUT += ("usr/share/i18n", "usr/share/zoneinfo", "var/lib/dpkg", "lib/udev/hwdb.d")
LEFT_OUT += ("usr/lib/aarch64-linux-gnu/gconv", "usr/lib/aarch64-linux-gnu/perl")

MODULES = ("virtio_pci", "virtio_mmio", "virtio_blk", "virtio_net", "crc32c_generic", "ext4", "configfs")
LABEL, LINES = "pinctrl-bcm2711", 58

# Loads what stock Debian has as modules, makes the chip, and leaves it all to
# the system on the disk.
INIT = f"""#!/bin/sh
/bin/busybox mkdir -p /proc /sys /dev /disk
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
/bin/busybox --install -s /bin
for module in $(cat /modules/order); do insmod "/modules/$module"; done
mount -t configfs configfs /sys/kernel/config
mkdir -p /sys/kernel/config/gpio-sim/pi/bank
cd /sys/kernel/config/gpio-sim/pi
echo {LINES} > bank/num_lines
echo {LABEL} > bank/label
echo 1 > live
cd /
umount /sys/kernel/config
until mount -t ext4 /dev/vda /disk; do sleep 0.1; done
umount /sys /proc
mount --move /dev /disk/dev
exec switch_root /disk /lib/systemd/systemd
"""

# What the maintainers' scripts of these packages would have made.
FILES = {
    "etc/hostname": "raspberrypi\n",
    "etc/hosts": "127.0.0.1 localhost raspberrypi\n::1 localhost\n",
    "etc/nsswitch.conf": "passwd: files systemd\ngroup: files systemd\nhosts: files dns\n",
    "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
    "etc/fstab": "",
    "etc/pam.d/common-auth": "auth required pam_unix.so\n",
    "etc/pam.d/common-account": "account required pam_permit.so\n",
    "etc/pam.d/common-password": "password required pam_permit.so\n",
    "etc/pam.d/common-session": "session required pam_permit.so\n",
    "etc/pam.d/common-session-noninteractive": "session required pam_permit.so\n",
    "etc/systemd/network/ether.network": "[Match]\nType=ether\n[Network]\nAddress=10.0.2.15/24\n",
    "etc/ssh/sshd_config": "UsePAM no\nPasswordAuthentication no\nHostKey /etc/ssh/host_key\n",
    "etc/sudoers.d/users": "pi ALL=(ALL) NOPASSWD: ALL\nmaria ALL=(ALL) ALL\n",
    # As in Raspberry Pi OS.
    "etc/udev/rules.d/99-com.rules": 'SUBSYSTEM=="gpio", KERNEL=="gpiochip*", GROUP="gpio", MODE="0660"\n',
}
UNITS = "/lib/systemd/system"
LINKS = {  # in /etc/systemd/system
    "default.target": f"{UNITS}/multi-user.target",
    "multi-user.target.wants/ssh.service": f"{UNITS}/ssh.service",
    "multi-user.target.wants/systemd-networkd.service": f"{UNITS}/systemd-networkd.service",
    # Nobody logs in on a terminal.
    "systemd-logind.service": "/dev/null",
    "systemd-update-utmp.service": "/dev/null",
    "systemd-update-utmp-runlevel.service": "/dev/null",
}
PASSWD = """sshd:x:100:65534::/run/sshd:/usr/sbin/nologin
messagebus:x:101:101::/:/usr/sbin/nologin
systemd-network:x:102:102::/:/usr/sbin/nologin
pi:*:1000:1000::/home/pi:/bin/bash
maria:*:1001:1001::/home/maria:/bin/bash
"""
GROUPS = "messagebus:x:101:\nsystemd-network:x:102:\ngpio:x:997:pi\npi:x:1000:\nmaria:x:1001:\n"
HOMES = {"root": 0, "home/pi": 1000, "home/maria": 1001}


def tool(name: str) -> str:
    """One of e2fsprogs', which an ordinary user's PATH may lack."""
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if not found:
        raise pieces.NotThere(f"{name} is missing: tests/setup --emulated installs it")
    return found


def run(*words: object, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True, **more)


# ---- Its disk ------------------------------------------------------------------


def _write(root: Path, name: str, text: str, mode: int = 0o644) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def _tree(root: Path, packages: Path, keys: Path) -> None:
    """What will be on the disk, but for its owners."""
    left_out = {packages / name for name in LEFT_OUT}

    def ignore(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if Path(folder, name) in left_out]

    shutil.copytree(packages, root, symlinks=True, ignore=ignore)
    for name in ("disk", "opt"):
        (root / name).mkdir(exist_ok=True)
    for name, text in FILES.items():
        _write(root, name, text, 0o440 if "sudoers" in name else 0o644)
    for name, target in LINKS.items():
        link = root / "etc/systemd/system" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
    masters = root / "usr/share/base-passwd"
    _write(root, "etc/passwd", (masters / "passwd.master").read_text() + PASSWD)
    _write(root, "etc/group", (masters / "group.master").read_text() + GROUPS)
    _write(root, "etc/shadow", "root:*:19000::::::\n", 0o640)
    _write(root, "etc/ssh/host_key", (keys / "host").read_text(), 0o600)
    for home in HOMES:
        _write(root, f"{home}/.ssh/authorized_keys", (keys / "user.pub").read_text(), 0o600)
        (root / home / ".ssh").chmod(0o700)


def _owners(root: Path) -> str:
    """Commands for debugfs(8), which needs no root: all is root's, but homes."""
    lines = []
    for path in [root, *root.rglob("*")]:
        name = str(path.relative_to(root))
        owner = next((uid for home, uid in HOMES.items() if f"{name}/".startswith(f"{home}/")), 0)
        lines += [f'sif "/{name}" {field} {owner}' for field in ("uid", "gid")]
    return "\n".join([*lines, "sif /usr/bin/sudo mode 0104755"]) + "\n"


def make_disk(disk: Path, packages: Path, keys: Path, size: str = "320M") -> None:
    root = disk.parent / "root"
    shutil.rmtree(root, ignore_errors=True)
    _tree(root, packages, keys)
    disk.unlink(missing_ok=True)
    # No blocks kept for root: full is full, for root too.
    run(tool("mke2fs"), "-q", "-t", "ext4", "-m", "0", "-d", root, disk, size)
    run(tool("debugfs"), "-w", "-f", "-", disk, input=_owners(root))
    shutil.rmtree(root)


# ---- The machine ---------------------------------------------------------------


class Pi(Guest):
    """The machine with that disk. Its ssh, as root, is .run; .port leads to it."""

    def __init__(self, folder: Path, kernel: pieces.Kernel, log: str) -> None:
        self.folder = folder
        self.port = free_port()
        disk = folder / "disk"
        extra = ["-cpu", "cortex-a53", "-nodefaults"]
        extra += ["-drive", f"file={str(disk).replace(',', ',,')},format=raw,if=none,id=disk"]
        extra += ["-device", "virtio-blk-pci,drive=disk"]
        extra += ["-netdev", f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{self.port}-:22"]
        extra += ["-device", "virtio-net-pci,netdev=net,romfile="]
        append = "console=ttyAMA0 loglevel=3 systemd.getty_auto=0 systemd.show_status=1"
        super().__init__("virt", kernel.image, folder / "flash.cpio.gz", append, extra, log=folder / f"{log}.log")

    def __enter__(self) -> Pi:
        # One connection for all that we look at: each costs a second in there.
        # Its socket's path must be short.
        self.sockets = tempfile.TemporaryDirectory(prefix="flash-", dir="/tmp")
        super().__enter__()
        return self

    def __exit__(self, *why: object) -> None:
        subprocess.run(self.ssh(options=("-O", "exit")), stderr=subprocess.DEVNULL)
        super().__exit__(*why)
        self.sockets.cleanup()

    def ssh(self, *words: str, options: Sequence[str] = ()) -> list[str]:
        """A command line that leads there, as root."""
        own = ["-F", str(self.folder / "ssh_config"), "-o", "LogLevel=ERROR"]
        own += ["-i", str(self.folder / "keys/user"), "-p", str(self.port)]
        own += ["-o", "ControlMaster=auto", "-o", "ControlPersist=yes", "-o", f"ControlPath={self.sockets.name}/ssh"]
        return ["ssh", *own, *options, "root@127.0.0.1", *words]

    def run(self, command: str, check: bool = True, data: bytes = b"") -> str:
        """A command of root's over ssh; what it printed."""
        # To a file: the connection that stays keeps a pipe open.
        with tempfile.TemporaryFile() as output:
            ended = subprocess.run(self.ssh(command), input=data, stdout=output, stderr=output, timeout=DEADLINE_S)
            output.seek(0)
            said = output.read().decode(errors="replace")
        if check and ended.returncode != 0:
            raise GuestError(f"in the guest {command!r} ended with {ended.returncode}: {said}")
        return said

    def until(self, what: str, command: str, wanted: str) -> None:
        """Run a command until it prints WANTED."""
        end = time.monotonic() + DEADLINE_S
        while (said := self.run(command, check=False).strip()) != wanted:
            if time.monotonic() > end:
                raise GuestError(f"waited in vain for {what}: {command!r} printed {said!r}")
            time.sleep(0.1)

    def wait_up(self) -> None:
        self.wait_for("Reached target .*multi-user.target")
        self.until("ssh", "echo there", "there")


def make_initrd(folder: Path, cache: Path, kernel: pieces.Kernel) -> None:
    modules = [*pieces.modules_for(kernel, MODULES), pieces.gpio_sim(cache)]
    busybox = pieces.busybox(cache)
    tree: dict[str, object] = {"init": INIT.encode(), "bin/busybox": busybox, "bin/sh": "busybox"}
    tree["modules/order"] = "".join(f"{module.name}\n" for module in modules).encode()
    initramfs(folder / "flash.cpio.gz", tree | {f"modules/{module.name}": module for module in modules})


def make_keys(folder: Path) -> None:
    """A host key, the user's, and one that nobody there knows."""
    (folder / "keys").mkdir(exist_ok=True)
    for name in ("host", "user", "other"):
        (folder / "keys" / name).unlink(missing_ok=True)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", folder / "keys" / name)
    known = f'UserKnownHostsFile "{folder}/known_hosts"\nGlobalKnownHostsFile /dev/null\nIdentityAgent none\n'
    # Of the ways to agree on a key, the one that costs an emulated machine least.
    quick = "KexAlgorithms curve25519-sha256\n"
    own = "StrictHostKeyChecking accept-new\nBatchMode yes\nIdentityFile none\n"
    (folder / "ssh_config").write_text(known + quick + own)
    (folder / "known_hosts").unlink(missing_ok=True)
    # First on the PATH, for make flash: it must not read or write the user's own.
    _write(folder, "bin/ssh", f'#!/bin/sh\nexec /usr/bin/ssh -F "{folder}/ssh_config" "$@"\n', 0o755)
