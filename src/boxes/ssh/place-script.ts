import { posix } from "node:path";
import type { Expectation, FileChange } from "../box";
import { foldersBetween } from "../relative-path";
import { shellQuote } from "../shell-quote";

/** A change whose draft, where it needs one, lies on the box already. */
export interface PreparedChange {
  readonly change: FileChange;
  /** Name of the draft, in the folder of the change's path. */
  readonly draft: string;
}

/**
 * The script that makes changes on boxes without Python: for each, looks whether what is expected is there
 * and moves the draft into place, within the same shell. It prints a line for each, in order:
 * `ok`, `changed`, or `no ` and what the system says.
 */
export function placeScript(folder: string, changes: readonly PreparedChange[]): string {
  const calls = changes.map(({ change, draft }) => {
    const path = posix.join(folder, change.path);
    const words = [change.make === "executable" ? (change.executable ? "+x" : "-x") : change.make, path, posix.join(posix.dirname(path), draft), ...expectationWords(change.expect), ...foldersBetween(folder, change.path)];
    return `change ${words.map(shellQuote).join(" ")}`;
  });
  return `${functions}\n${calls.join("\n")}`;
}

function expectationWords(expect: Expectation | undefined): [string, string, string] {
  switch (expect?.kind) {
    case undefined:
      return ["anything", "", ""];
    case "nothing":
      return ["nothing", "", ""];
    case "link":
      return ["link", expect.target, ""];
    case "file":
      return ["file", expect.sha256, expect.executable === undefined ? "" : expect.executable ? "x" : "-"];
  }
}

const functions = `
LC_ALL=C; export LC_ALL
# is_there PATH KIND CONTENT BIT
is_there() {
  case $2 in
  anything) return 0 ;;
  nothing) [ ! -e "$1" ] && [ ! -L "$1" ] ;;
  link)
    [ -L "$1" ] || return 1
    target=$(readlink "$1"; echo x)
    [ "\${target%??}" = "$3" ]
    ;;
  file)
    [ -f "$1" ] && [ ! -L "$1" ] || return 1
    if [ -n "$4" ]; then
      mode=$(stat -c %a "$1") || return 1
      case $mode in *[1357]??) bit=x ;; *) bit=- ;; esac
      [ "$bit" = "$4" ] || return 1
    fi
    hash=$(sha256sum <"$1") || return 1
    [ "\${hash%% *}" = "$3" ]
    ;;
  esac
}
# move FROM TO: never into a folder, nor into what a link to a folder leads to
move() {
  mv -fT -- "$1" "$2" 2>/dev/null && return
  if [ -d "$2" ] && [ ! -L "$2" ]; then echo "it is a folder"; return 1; fi
  [ ! -L "$2" ] || rm -f -- "$2"
  mv -f -- "$1" "$2"
}
# act MAKE PATH DRAFT KIND
act() {
  case $1 in
  no-change) ;;
  nothing)
    if [ -e "$2" ] || [ -L "$2" ]; then
      if [ -d "$2" ] && [ ! -L "$2" ]; then echo "it is a folder"; return 1; fi
      rm -f -- "$2"
    fi
    ;;
  +x) chmod a+x "$2" ;;
  -x) chmod a-x "$2" ;;
  *)
    # A hard link fails where anything has the name, in one step; a link to the draft is not what is wanted.
    if [ "$4" = nothing ] && [ "$1" = file ] && ln -T -- "$3" "$2" 2>/dev/null; then
      rm -f -- "$3"
    else
      is_there "$2" "$4" "$5" "$6" || return 2
      move "$3" "$2"
    fi
    ;;
  esac
}
# change MAKE PATH DRAFT KIND CONTENT BIT FOLDER...
change() {
  make=$1 path=$2 draft=$3 kind=$4 content=$5 bit=$6
  shift 6
  fits=yes
  for above do
    if [ -L "$above" ] || { [ -e "$above" ] && [ ! -d "$above" ]; }; then fits=no; fi
  done
  case $make in +x | -x) if [ -L "$path" ] || [ ! -f "$path" ]; then fits=no; fi ;; esac
  if [ $fits = yes ] && is_there "$path" "$kind" "$content" "$bit"; then
    said=$(act "$make" "$path" "$draft" "$kind" "$content" "$bit" 2>&1)
    case $? in
    0) echo ok; return ;;
    2) echo changed ;;
    *) printf 'no %s\\n' "$(printf %s "$said" | tr '\\n' ' ')" ;;
    esac
  else
    echo changed
  fi
  case $make in file | link) rm -f -- "$draft" ;; esac
}`;
