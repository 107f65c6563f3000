"""What a disk may have when the power goes: the states of a directory between what was asked for and what was synced."""

import os
import shutil

SECTOR = 512
GARBAGE = bytes(range(1, 256)) * 3

WRITES = {"write", "pwrite64", "pwritev", "pwritev2", "writev"}
SYNCS = {"fsync", "fdatasync"}
RENAMES = {"rename", "renameat", "renameat2"}
REMOVALS = {"unlink", "unlinkat"}


class Disk:
    """A directory tree: what is durable, and what was done since. Files are known by the names they had first."""

    def __init__(self, root):
        self.root = root
        self.names = {}  # path: file; durable
        self.pending_names = []  # (directory, path, file or None), in order
        self.contents = {}  # file: bytes; durable
        self.pending = {}  # file: [(offset, bytes) or length], in order
        self.now = {}  # path: file, as programs see it
        for directory, _, files in os.walk(root):
            for name in files:
                path = os.path.join(directory, name)
                with open(path, "rb") as file:
                    self.contents[path] = file.read()
                self.names[path] = self.now[path] = path

    def inside(self, path):
        return path is not None and path.startswith(self.root + "/")

    def create(self, path):
        if path not in self.now:
            file = f"{path}#{len(self.contents)}"
            self.contents[file] = b""
            self._name(path, file)

    def write(self, path, offset, data):
        self.pending.setdefault(self.now[path], []).append((offset, data))

    def truncate(self, path, length):
        self.pending.setdefault(self.now[path], []).append(length)

    def rename(self, old, new):
        file = self.now[old]
        self._name(old, None)
        self._name(new, file)

    def remove(self, path):
        self._name(path, None)

    def sync(self, path):
        if os.path.isdir(path):
            for directory, name, file in self.pending_names:
                if directory == path:
                    self._apply_name(self.names, name, file)
            self.pending_names = [entry for entry in self.pending_names if entry[0] != path]
            return
        file = self.now.get(path)
        if file in self.pending:
            self.contents[file] = self._content(file, self.pending.pop(file))

    def _name(self, path, file):
        self._apply_name(self.now, path, file)
        self.pending_names.append((os.path.dirname(path), path, file))

    @staticmethod
    def _apply_name(names, path, file):
        if file is None:
            names.pop(path, None)
        else:
            names[path] = file

    def _content(self, file, changes):
        content = bytearray(self.contents[file])
        for change in changes:
            if isinstance(change, int):
                del content[change:]
                content.extend(bytes(change - len(content)))
            else:
                offset, data = change
                content.extend(bytes(max(0, offset + len(data) - len(content))))
                content[offset : offset + len(data)] = data
        return bytes(content)

    def _versions(self, file, every):
        """What a file may have: nothing new, all, each prefix of sectors, and one sector that did not get there."""
        changes = self.pending.get(file, [])
        yield self.contents[file]
        for count, change in enumerate(changes, 1):
            before = self._content(file, changes[: count - 1])
            after = self._content(file, changes[:count])
            yield after
            if isinstance(change, int):
                continue
            offset, data = change
            first = offset // SECTOR * SECTOR
            for index, at in enumerate(range(first, offset + len(data), SECTOR)):
                if index % every and at + SECTOR < offset + len(data):
                    continue
                begin, end = max(at, offset), min(at + SECTOR, offset + len(data))
                yield after[:begin] + before[begin:]
                yield after[:begin] + bytes(end - begin) + after[end:]
                yield after[:begin] + GARBAGE[: end - begin] + after[end:]

    def states(self, every):
        """All states, as {path: content}; with `every` > 1 not of every sector."""
        for done in range(len(self.pending_names) + 1):
            names = dict(self.names)
            for _, path, file in self.pending_names[:done]:
                self._apply_name(names, path, file)
            files = set(names.values())
            unsure = [file for file in self.pending if file in files]
            settled = {path: self.contents[file] for path, file in names.items()}
            if not unsure:
                yield settled
            for file in unsure:
                # The other files have all or nothing.
                for others in (False, True) if len(unsure) > 1 else (True,):
                    for version in self._versions(file, every):
                        state = dict(settled)
                        for path, named in names.items():
                            if named == file:
                                state[path] = version
                            elif others and named in self.pending:
                                state[path] = self._content(named, self.pending[named])
                        yield state

    def store(self, state, to):
        """Writes a state to another directory."""
        shutil.rmtree(to, ignore_errors=True)
        for directory, _, _ in os.walk(self.root):
            os.makedirs(to + directory[len(self.root) :], exist_ok=True)
        for path, content in state.items():
            with open(to + path[len(self.root) :], "wb") as file:
                file.write(content)


class Recording:
    """Applies recorded system calls to a disk."""

    def __init__(self, disk):
        self.disk = disk
        self.offsets = {}  # descriptor: where `write` goes on
        self.appends = set()

    def apply(self, call):
        """Whether the call changed something."""
        disk = self.disk
        if call.failed:
            return False
        if call.name in ("open", "openat", "creat"):
            self.offsets[call.value] = 0
            path = self._opened(call)
            if "O_CREAT" in call.arguments and disk.inside(path):
                disk.create(path)
                return True
            return False
        if call.name == "lseek":
            self.offsets[call.descriptor] = call.value
            return False
        if call.name in RENAMES | REMOVALS:
            paths = self._paths(call)
            if not all(disk.inside(path) for path in paths) or paths[0] not in disk.now:
                return False
            if call.name in REMOVALS:
                disk.remove(paths[0])
            else:
                disk.rename(*paths)
            return True
        if not disk.inside(call.path):
            return False
        if call.name in SYNCS:
            disk.sync(call.path)
            return True
        if call.name == "ftruncate":
            disk.truncate(call.path, call.last_number)
            return True
        if call.name in WRITES and call.path in disk.now:
            if call.name in ("write", "writev"):
                offset = self.offsets.get(call.descriptor, 0)
                self.offsets[call.descriptor] = offset + call.value
            elif call.name == "pwritev2":
                offset = int(call.arguments.rsplit(",", 2)[1])
            else:
                offset = call.last_number
            disk.write(call.path, offset, call.data)
            return True
        return False

    @staticmethod
    def _opened(call):
        name = call.strings[0].decode(errors="surrogateescape")
        return os.path.normpath(os.path.join(_directory(call.arguments), name))

    @staticmethod
    def _paths(call):
        parts = call.arguments.split(", ")
        if call.name in ("rename", "unlink"):
            return [os.path.normpath(text.decode(errors="surrogateescape")) for text in call.strings]
        directories = [_directory(part) for part in parts if not part.startswith('"')]
        names = [text.decode(errors="surrogateescape") for text in call.strings]
        return [os.path.normpath(os.path.join(d, n)) for d, n in zip(directories, names)]


def _directory(argument):
    begin, end = argument.find("<"), argument.find(">")
    return bytes.fromhex(argument[begin + 1 : end].replace("\\x", "")).decode(errors="surrogateescape")
