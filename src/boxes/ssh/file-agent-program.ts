import { scanInPython } from "./scan";

/** Exit status of a program that the box's Python is too old for. */
export const pythonTooOld = 9;

/**
 * The program that changes and reads files on boxes with Python 3.6 or later, asked through its
 * file 0. Each line to it is one JSON value, and so is each line from it:
 *
 *     to it                                                        from it
 *                                                                  {"ready": true}
 *     {"do": "change", "folder", "draft"}
 *     {"path", "make", "executable"?, "target"?, "expect"?}        {"at": 0} or {"at": 0, "error", "said"?}
 *       behind one that makes a file: its content                  …
 *     {"do": "end"}                                                {"done": true}
 *
 *     {"do": "read", "folder"}
 *     {"path"}                                                     {"at": 0, "bytes": n} and n bytes, …,
 *                                                                  {"at": 0, "end": true} or {"at": 0, "error", "said"?}
 *     {"do": "end"}                                                {"done": true}
 *
 *     {"do": "scan", "folder", "largest", "ignored", "unread"?}    {"at": 0, "bytes": n} and n bytes of a listing, …, {"done": true}
 *
 * A content is any number of lines with a length, each followed by so many bytes; `0` is its end,
 * and `-1` says that it broke off. Changes are made by groups: drafts are moved into
 * place where what is expected lies there, and are told of once they are on the disk. Drafts of a few files are flushed
 * before they are moved; many are flushed together behind it (syncfs), which takes a tenth of the time, so that until
 * it is told of, a power cut of the box may leave one of them torn. When its file 0 ends, the program removes its drafts and ends.
 */
export const fileAgentProgram = `
import sys
if sys.version_info < (3, 6):
    sys.exit(${pythonTooOld})
import errno, hashlib, io, json, os, re, stat, time
source, out = io.open(0, "rb", 1 << 18), io.open(1, "wb", 1 << 18)
group_files, group_bytes, few = 4000, 64 << 20, 4
directory = os.O_RDONLY | os.O_DIRECTORY

class Changed(Exception):
    pass

def put(**reply):
    out.write(json.dumps(reply).encode("ascii") + b"\\n")

def fail(at, error):
    if isinstance(error, Changed):
        put(at=at, error="changed")
    elif isinstance(error, OSError):
        put(at=at, error=errno.errorcode.get(error.errno, "?"), said=error.strerror or "")
    else:
        put(at=at, error="?", said=str(error))

def line():
    text = source.readline()
    if not text.endswith(b"\\n"):
        raise EOFError()
    return json.loads(text.decode("utf-8"))

class Root:
    """A folder and those below it, never gone into through a link."""
    def __init__(self, path):
        self.path, self.open = os.fsencode(path), {}
    def close(self):
        for folder in self.open.values():
            os.close(folder)
        self.open = {}
    def find(self, path, make):
        """Folder of a path, and its name there; None where it is missing."""
        path = path.encode("utf-8")
        above, _, name = path.rpartition(b"/")
        if any(n in (b"", b".", b"..") for n in path.split(b"/")):
            raise OSError(errno.EINVAL, "the path leads out of its folder")
        try:
            return self.folder(above, make), name
        except FileNotFoundError:
            if make:
                raise
            return None, name
    def folder(self, path, make):
        found = self.open.get(path)
        if found is not None:
            return found
        if path == b"":
            if make:
                os.makedirs(self.path, exist_ok=True)
            found = os.open(self.path, directory)
        else:
            above, _, name = path.rpartition(b"/")
            parent = self.folder(above, make)
            try:
                found = self.inner(parent, name)
            except FileNotFoundError:
                if not make:
                    raise
                try:
                    os.mkdir(name, dir_fd=parent)
                except FileExistsError:
                    pass
                found = self.inner(parent, name)
        self.open[path] = found
        return found
    def inner(self, parent, name):
        try:
            return os.open(name, directory | os.O_NOFOLLOW, dir_fd=parent)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise Changed()
            raise

def look(folder, name):
    if folder is None:
        return None
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None

def digest_of(folder, name):
    digest = hashlib.sha256()
    with io.open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder), "rb", 0) as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()

def same(one, other):
    return other is not None and (one.st_ino, one.st_size, one.st_mtime_ns, one.st_ctime_ns) == (other.st_ino, other.st_size, other.st_mtime_ns, other.st_ctime_ns)

def expected(folder, name, wanted):
    """Status of what is there, which is as wanted."""
    status = look(folder, name)
    if wanted is None:
        return status
    kind = wanted["kind"]
    if kind == "nothing":
        fits = status is None
    elif status is None:
        fits = False
    elif kind == "link":
        fits = stat.S_ISLNK(status.st_mode) and os.readlink(name, dir_fd=folder) == wanted["target"].encode("utf-8")
    else:
        fits = (stat.S_ISREG(status.st_mode) and wanted.get("bytes", status.st_size) == status.st_size
            and wanted.get("executable") in (None, bool(status.st_mode & 0o100))
            and digest_of(folder, name) == wanted["sha256"] and same(status, look(folder, name)))
    if not fits:
        raise Changed()
    return status

def flush(file):
    try:
        os.fsync(file)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise

def flush_disks(folders):
    """Everything on the disks of these folders; False where the system offers no such thing."""
    try:
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        libc.syncfs
    except Exception:
        return False
    for folder in {os.fstat(folder).st_dev: folder for folder in folders}.values():
        if libc.syncfs(folder) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return True

class Changes:
    def __init__(self, request):
        self.folder, self.prefix = request["folder"], os.fsencode(request["draft"])
        self.root, self.at, self.bytes = Root(self.folder), 0, 0
        self.group, self.closed = [], 0
    def take(self, change):
        at, self.at = self.at, self.at + 1
        draft = self.prefix + str(at).encode("ascii")
        folder = file = None
        try:
            if change["make"] in ("file", "link"):
                folder = self.root.find(change["path"], True)[0]
            if change["make"] == "file":
                file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755 if change["executable"] else 0o644, dir_fd=folder)
            elif change["make"] == "link":
                os.symlink(change["target"].encode("utf-8"), draft, dir_fd=folder)
            problem = None
        except Exception as error:
            problem = error
        whole = True
        if change["make"] == "file":
            try:
                whole, problem = self.content(file, problem)
            except BaseException:
                self.group.append((at, change, folder, draft, file))
                raise
        if problem is not None or not whole:
            self.drop(folder, draft, file)
            if whole:
                fail(at, problem)
            else:
                put(at=at, error="broken-off")
            return
        self.group.append((at, change, folder, draft, file))
        if len(self.group) > few:
            self.close_files()
        if len(self.group) >= group_files or self.bytes >= group_bytes or len(self.root.open) >= 200:
            self.place()
    def content(self, file, problem):
        while True:
            length = line()
            if length <= 0:
                return length == 0, problem
            self.bytes += length
            while length > 0:
                block = source.read(min(length, 1 << 20))
                if not block:
                    raise EOFError()
                length -= len(block)
                while block and problem is None:
                    try:
                        block = block[os.write(file, block):]
                    except OSError as error:
                        problem = error
    def drop(self, folder, draft, file):
        if file is not None:
            os.close(file)
        if folder is not None:
            try:
                os.unlink(draft, dir_fd=folder)
            except OSError:
                pass
    def close_files(self):
        for number in range(self.closed, len(self.group)):
            at, change, folder, draft, file = self.group[number]
            if file is not None:
                os.close(file)
                self.group[number] = (at, change, folder, draft, None)
        self.closed = len(self.group)
    def place(self):
        """Moves the drafts into place and tells of them."""
        group, places, done = self.group, Root(self.folder), []
        try:
            problem = self.flush_drafts()
            self.group, self.closed = [], 0
            for at, change, folder, draft, file in group:
                try:
                    if problem is not None and folder is not None:
                        raise problem
                    done.append((at, self.make(places, change, folder, draft)))
                except Exception as error:
                    self.drop(folder, draft, None)
                    fail(at, error)
            touched = {folder for at, folder in done if folder is not None}
            try:
                if len(group) <= few or not flush_disks(touched):
                    self.flush_each(places, group, touched)
            except OSError as error:
                for at, folder in done:
                    fail(at, error)
                done = []
            for at, folder in done:
                put(at=at)
        finally:
            places.close()
            self.root.close()
            self.bytes = 0
        out.flush()
    def flush_drafts(self):
        """Those of a small group; a large one is flushed once, at its end."""
        try:
            if len(self.group) <= few:
                for at, change, folder, draft, file in self.group:
                    if file is not None:
                        flush(file)
            return None
        except OSError as error:
            return error
        finally:
            self.close_files()
    def flush_each(self, places, group, touched):
        for at, change, folder, draft, file in group if len(group) > few else ():
            folder, name = places.find(change["path"], False)
            status = look(folder, name)
            if status is not None and stat.S_ISREG(status.st_mode):
                file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
                try:
                    flush(file)
                finally:
                    os.close(file)
        for folder in touched:
            flush(folder)
    def make(self, places, change, drafts, draft):
        """Makes one change; the folder in which it was made."""
        make, wanted = change["make"], change.get("expect")
        folder, name = places.find(change["path"], drafts is not None)
        status = expected(folder, name, wanted)
        if make == "no-change":
            return None
        if make == "nothing":
            if status is not None:
                os.unlink(name, dir_fd=folder)
            return folder
        if make == "executable":
            if status is None or not stat.S_ISREG(status.st_mode):
                raise Changed()
            mode = stat.S_IMODE(status.st_mode)
            file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
            try:
                os.fchmod(file, mode | (mode & 0o444) >> 2 if change["executable"] else mode & ~0o111)
                flush(file)
            finally:
                os.close(file)
            return folder
        if wanted is not None and wanted["kind"] == "nothing":
            try:
                os.link(draft, name, src_dir_fd=drafts, dst_dir_fd=folder, follow_symlinks=False)
                os.unlink(draft, dir_fd=drafts)
                return folder
            except FileExistsError:
                raise Changed()
            except OSError:
                # A file system without hard links.
                expected(folder, name, wanted)
        os.rename(draft, name, src_dir_fd=drafts, dst_dir_fd=folder)
        return folder
    def give_up(self):
        self.close_files()
        for at, change, folder, draft, file in self.group:
            self.drop(folder, draft, None)

def change_files(request):
    changes = Changes(request)
    try:
        while True:
            change = line()
            if change.get("do") == "end":
                break
            changes.take(change)
        changes.place()
    finally:
        changes.give_up()

def read_files(request):
    root, at = Root(request["folder"]), 0
    while True:
        wanted = line()
        if wanted.get("do") == "end":
            break
        try:
            read_file(root, at, wanted["path"])
        except BrokenPipeError:
            raise
        except Exception as error:
            fail(at, error)
        at += 1
        if len(root.open) >= 200:
            root.close()
    root.close()

def read_file(root, at, path):
    folder, name = root.find(path, False)
    if folder is None:
        raise FileNotFoundError(errno.ENOENT, "missing")
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode):
        return put(at=at, error="not-a-file")
    with io.open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder), "rb", 0) as file:
        status = os.fstat(file.fileno())
        for block in iter(lambda: file.read(1 << 18), b""):
            put(at=at, bytes=len(block))
            out.write(block)
        if not same(status, os.fstat(file.fileno())):
            raise Changed()
    put(at=at, end=True)

${scanInPython}
def scan_folder(request):
    pieces, held, told = [], 0, time.monotonic()
    def send():
        nonlocal held, told
        put(at=0, bytes=held)
        out.write(b"".join(pieces))
        out.flush()
        pieces.clear()
        held, told = 0, time.monotonic()
    def write(piece):
        nonlocal held, told
        pieces.append(piece)
        held += len(piece)
        if held >= 1 << 18:
            send()
        elif time.monotonic() - told > 10:
            # Only to tell that work goes on.
            put(at=0)
            out.flush()
            told = time.monotonic()
    unread = request.get("unread")
    if unread is not None:
        unread = (unread["from"], {os.fsencode(p) for p in unread["except"]})
    scan(os.fsencode(request["folder"]), request["largest"], [re.compile(os.fsencode(p), re.S) for p in request["ignored"]], write, unread)
    if held > 0:
        send()

def main():
    put(ready=True)
    out.flush()
    while True:
        request = line()
        {"change": change_files, "read": read_files, "scan": scan_folder}[request["do"]](request)
        put(done=True)
        out.flush()

try:
    main()
except (EOFError, BrokenPipeError, KeyboardInterrupt):
    os._exit(0)
`;
