import { BoxError, type Manifest, type ManifestEntry, type ScanScope } from "../box";
import { plainReason, reasonIn } from "./remote-shell";
import { shellQuote } from "../shell-quote";
import * as z from "zod";
import ignore from "ignore";

/** Names of files that are being written begin so; they are no content. */
export const draftPrefix = ".baseliner-draft-";

/*
 * Both programs print, each field ended by a NUL:
 *
 *     F <bytes> <x or -> <sha256> <path>     L <target> <path>     O <path>
 *     B <bytes> <path>                       E <what the system says> <path>
 *     U <bytes> <x or -> <path>              a file that was not hashed
 *
 * and `.` at the end, so that a listing that was cut off cannot pass for a whole one.
 */

/**
 * For boxes with Python 3.6 or later: `scan(folder, largest, ignored, write, unread)` lists a folder, given as bytes. A file that
 * vanishes meanwhile is left out. `write` is called at least with every block of a file that is hashed, so that it can tell that it lives.
 * `unread`, where it is given, is a size and a set of paths: new files of that size are not hashed, unless they were changed just now.
 */
export const scanInPython = `
import hashlib, os, stat, time
def scan(folder, largest, ignored, write, unread=None):
    def put(*fields):
        write(b"".join((f if isinstance(f, bytes) else str(f).encode("utf-8", "replace")) + b"\\0" for f in fields))
    def file(path, status):
        if stat.S_ISLNK(status.st_mode):
            return put("L", os.readlink(path), path)
        if not stat.S_ISREG(status.st_mode):
            return put("O", path)
        if status.st_size > largest:
            return put("B", status.st_size, path)
        executable = "x" if status.st_mode & 0o100 else "-"
        if unread is not None and status.st_size >= unread[0] and path not in unread[1] and time.time() - max(status.st_mtime, status.st_ctime) > 2:
            return put("U", status.st_size, executable, path)
        digest, size = hashlib.sha256(), 0
        with open(path, "rb", 0) as f:
            while True:
                block = f.read(1 << 20)
                if not block:
                    break
                digest.update(block)
                size += len(block)
                write(b"")
        put("F", size, executable, digest.hexdigest(), path)
    def skip(path):
        return any(p.search(path) for p in ignored)
    def visit(prefix):
        for name in sorted(os.listdir(prefix or b".")):
            path = prefix + name
            try:
                status = os.lstat(path)
                if stat.S_ISDIR(status.st_mode):
                    if not skip(path + b"/"):
                        visit(path + b"/")
                elif not skip(path):
                    file(path, status)
            except FileNotFoundError:
                pass
            except OSError as error:
                put("E", error.strerror, path)
    try:
        os.chdir(folder)
        visit(b"")
    except OSError as error:
        put("E", error.strerror, b"")
    put(".")
`;

const pythonProgram = `
import os, re, sys
${scanInPython}
scan(os.fsencode(sys.argv[2]), int(sys.argv[1]), [re.compile(os.fsencode(p), re.S) for p in sys.argv[3:]], sys.stdout.buffer.write)
`;

/** What a program on the box needs to know to list a folder as `scanInPython` does. */
export function scanRequest(scope: ScanScope): { largest: number; ignored: string[]; unread?: { from: number; except: string[] } } {
  return {
    ...(scope.unread === undefined ? {} : { unread: { from: scope.unread.fromBytes, except: [...scope.unread.except] } }),
    largest: Math.min(scope.maxFileBytes ?? Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    ignored: boxPatterns(scope.ignore ?? []).map(({ regularExpression }) => regularExpression),
  };
}

/** For boxes without Python: find, stat, sha256sum and readlink of GNU or busybox. */
const shellProgram = `
largest=$1
shift
for path do
  path=\${path#./}
  if [ -L "./$path" ]; then
    target=$(readlink "./$path"; echo x)
    target=\${target%x}
    printf 'L\\0%s\\0%s\\0' "\${target%
}" "$path"
  elif [ -f "./$path" ]; then
    status=$(LC_ALL=C stat -c '%s %a' "./$path" 2>&1) || { [ -e "./$path" ] && printf 'E\\0%s\\0%s\\0' "$status" "$path"; continue; }
    size=\${status% *}
    mode=\${status#* }
    executable=-
    case $mode in *[1357]??) executable=x ;; esac
    if [ "$size" -gt "$largest" ]; then
      printf 'B\\0%s\\0%s\\0' "$size" "$path"
    elif hash=$(LC_ALL=C; export LC_ALL; { sha256sum <"./$path"; } 2>&1); then
      printf 'F\\0%s\\0%s\\0%s\\0%s\\0' "$size" "$executable" "\${hash%% *}" "$path"
    elif [ -e "./$path" ]; then
      printf 'E\\0%s\\0%s\\0' "$hash" "$path"
    fi
  else
    [ -e "./$path" ] && printf 'O\\0%s\\0' "$path"
  fi
done
`;

/** The script that lists a folder with hashes, in one round trip. */
export function scanScript(folder: string, scope: ScanScope): string {
  const { largest, ignored } = scanRequest(scope);
  const prune = boxPatterns(scope.ignore ?? []).flatMap(({ name }) => (name === undefined ? [] : [`-name ${shellQuote(name)}`]));
  const pruned = prune.length === 0 ? "" : `\\( ${prune.join(" -o ")} \\) -prune -o`;
  return `
if [ -z "$BASELINER_WITHOUT_PYTHON" ] && python3 -I -S -c 'import sys; sys.exit(sys.version_info < (3, 6))' 2>/dev/null; then
  exec python3 -I -S -c ${shellQuote(pythonProgram)} ${largest} ${shellQuote(folder)} ${ignored.map(shellQuote).join(" ")}
fi
LC_ALL=C
export LC_ALL
problem=$(ls -a ${shellQuote(`${folder}/.`)} 2>&1 >/dev/null) || { printf 'E\\0%s\\0\\0.\\0' "$problem"; return; }
cd ${shellQuote(folder)} || return
exec 4>&1
problem=$(find . ${pruned} ! -type d -exec sh -c ${shellQuote(shellProgram)} sh ${largest} {} + 2>&1 >&4)
exec 4>&-
case $problem in
"" | *"No such file"*) ;;
*) printf 'E\\0%s\\0\\0' "$problem" ;;
esac
printf '.\\0'`;
}

/**
 * Patterns that the box itself can leave out, so that it does not hash what nobody wants.
 * Only those that surely mean the same to it; the others are sorted out here.
 */
function boxPatterns(patterns: readonly string[]): { regularExpression: string; name: string | undefined }[] {
  return patterns.flatMap((pattern) => {
    const plain = /^(\/?)((?:[A-Za-z0-9_.*-]+\/)*[A-Za-z0-9_.*-]+)(\/?)$/.exec(pattern);
    if (plain === null || pattern.includes("**")) {
      return [];
    }
    const [, root = "", path = "", folder = ""] = plain;
    const anchored = root !== "" || path.includes("/");
    const source = path.replace(/[.-]/g, "\\$&").replaceAll("*", "[^/]*");
    return [
      {
        regularExpression: `${anchored ? "^" : "(?:^|/)"}${source}${folder === "" ? "(?:/|$)" : "/"}`,
        // find cannot tell folders from files in a name alone.
        name: anchored || folder !== "" ? undefined : path,
      },
    ];
  });
}

const numberSchema = z.string().regex(/^\d{1,16}$/).transform(Number);
const hashSchema = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * The manifest from what the box printed.
 * @throws {BoxError} what the box could not read; `invalid-answer` for anything that a listing cannot hold, such as `..`
 */
export function parseScan(answer: Buffer, folder: string, scope: ScanScope): Manifest {
  const invalid = (what: string): BoxError => new BoxError("invalid-answer", `The box listed ${folder} in a way that cannot be right (${what}); nothing was taken from it.`);
  const manifest = new Map<string, ManifestEntry>();
  const ignored = ignore().add([...(scope.ignore ?? [])]);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let position = 0;
  const field = (): Buffer => {
    const end = answer.indexOf(0, position);
    if (end < 0) {
      throw invalid("it was cut off");
    }
    const bytes = answer.subarray(position, end);
    position = end + 1;
    return bytes;
  };
  const text = (bytes: Buffer): string | undefined => {
    try {
      return decoder.decode(bytes);
    } catch {
      return undefined;
    }
  };
  const put = (entry: ManifestEntry): void => {
    const bytes = field();
    const path = text(bytes);
    // A name that is no text cannot be written here; it is shown as something that is left alone.
    const shown = path ?? bytes.toString("utf8");
    if (shown === "" || shown.split("/").some((name) => name === "" || name === "." || name === "..")) {
      throw invalid("a path leads out of it");
    }
    if (shown.slice(shown.lastIndexOf("/") + 1).startsWith(draftPrefix) || ignored.ignores(shown)) {
      return;
    }
    const taken = manifest.has(shown);
    manifest.set(shown, path === undefined || taken ? { kind: "other" } : entry);
  };
  for (;;) {
    const kind = field().toString("latin1");
    switch (kind) {
      case "F": {
        const bytes = numberSchema.safeParse(field().toString("latin1"));
        const executable = field().toString("latin1") === "x";
        const sha256 = hashSchema.safeParse(field().toString("latin1"));
        if (!bytes.success || !sha256.success) {
          throw invalid("a file without length or hash");
        }
        put({ kind: "file", bytes: bytes.data, sha256: sha256.data, executable });
        break;
      }
      case "U": {
        const bytes = numberSchema.safeParse(field().toString("latin1"));
        const executable = field().toString("latin1") === "x";
        if (!bytes.success || scope.unread === undefined) {
          throw invalid("a file without hash");
        }
        put({ kind: "unread-file", bytes: bytes.data, executable });
        break;
      }
      case "B": {
        const bytes = numberSchema.safeParse(field().toString("latin1"));
        if (!bytes.success) {
          throw invalid("a file without length");
        }
        put({ kind: "large-file", bytes: bytes.data });
        break;
      }
      case "L": {
        const target = text(field());
        put(target === undefined ? { kind: "other" } : { kind: "link", target });
        break;
      }
      case "O":
        put({ kind: "other" });
        break;
      case "E": {
        const said = field().toString("utf8");
        const path = field().toString("utf8");
        const reason = reasonIn(said);
        throw new BoxError(reason, `${path === "" ? folder : `${folder}/${path}`} could not be read: ${plainReason(reason, said)}.`);
      }
      case ".":
        return manifest;
      default:
        throw invalid("an unknown kind of entry");
    }
  }
}
