/**
 * What the box runs to start, watch and describe a run, over the files of
 * run-record.ts: POSIX shell, with setsid (or Python for it) as the only thing
 * beyond what every system has.
 */
import { type RunSpecification, runFiles } from "../run-record";
import { shellQuote } from "../shell-quote";
import { sealsNothing } from "./run-seals";

/** How the scripts tell the client what they found. */
export const runScriptStatus = { problem: 10, missing: 11, gone: 12, diskFull: 13, turnOver: 14 } as const;

/** How long a supervisor may take to appear, in seconds. */
export const startWithin = 10;
/** Room that recording a run's end takes at most, in kB. */
export const roomForRecord = 64;

/** A function of a script that goes on in a run's folder: whether its disk has no room left for recording a run. */
const diskIsFull = `
disk_is_full() {
  set -- $(df -Pk . 2>/dev/null | tail -n 1)
  case $4 in
  "" | *[!0-9]*) return 1 ;;
  esac
  [ "$4" -lt ${roomForRecord} ]
}
`;

/** Functions of scripts that make seals: SHA-256 with whatever the box has for it. */
const digestFunctions = `
can_digest() {
  command -v sha256sum >/dev/null 2>&1 || command -v shasum >/dev/null 2>&1 || command -v openssl >/dev/null 2>&1
}
digest() {
  if command -v sha256sum >/dev/null 2>&1; then
    sha256sum
  elif command -v shasum >/dev/null 2>&1; then
    shasum -a 256
  else
    openssl dgst -r -sha256
  fi
}
`;

/** Functions that the scripts share. */
const commonFunctions = `
# identity_of PID: sets identity as LocalBox writes it; fails where there is no such process.
identity_of() {
  if [ -r /proc/sys/kernel/random/boot_id ]; then
    line=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    read -r boot </proc/sys/kernel/random/boot_id
    set -f
    set -- \${line##*) }
    set +f
    # What has ended its first thread looks like a zombie while its others go on.
    case $1 in Z | X) [ "\${18}" -gt 1 ] || return 1 ;; "") return 1 ;; esac
    shift 19
    identity=$boot/$1
  else
    identity=$(LC_ALL=C ps -o lstart= -p "$1" 2>/dev/null) && [ -n "$identity" ]
  fi
}
# same_process PID IDENTITY: whosever process it is.
same_process() {
  [ -n "$1" ] && identity_of "$1" && [ "$identity" = "$2" ]
}
# field FILE NAME: a number or text of one of our own records.
field() {
  sed -n 's/.*"'"$2"'":"\\{0,1\\}\\([^",}]*\\).*/\\1/p' "$1" 2>/dev/null
}
now() {
  time=$(date +%s%N)
  case $time in
  *[!0-9]*) time=$(date +%s)000 ;;
  *) time=\${time%??????} ;;
  esac
}
nap() {
  sleep "$1" 2>/dev/null || sleep 1
}
# supervisor_lives: whether the process that claimed the run is still there.
supervisor_lives() {
  same_process "$(field ${runFiles.claim} pid)" "$(field ${runFiles.claim} identity)"
}
`;

/**
 * The supervisor of one run. Its working folder is the run's. Its first line of input is the key that seals the record of
 * the end (run-seals.ts): no file has it, and `ps` does not show it. Arguments: working
 * folder, timeout in hundredths of a second, output limit in bytes, JSON texts for a
 * missing folder and a missing program, the program, the PATH to look for it on (empty:
 * its own), and the whole command.
 */
const supervisorProgram = `${commonFunctions}${digestFunctions}
# A variable of that name in the environment would be passed on to the command.
unset seal_key
IFS= read -r seal_key
exec </dev/null
folder=$1 timeout=$2 limit=$3 folder_missing=$4 program_missing=$5 program=$6 search=$7
shift 7
# uptime: in hundredths of a second since an arbitrary moment, unmoved by the setting of clocks where the system tells.
uptime() {
  if [ -r /proc/uptime ]; then
    read -r elapsed rest </proc/uptime
    elapsed=\${elapsed%.*}\${elapsed#*.}
  else
    elapsed=$(date +%s)00
  fi
}
sizes() {
  set -- $(wc -c ${runFiles.stdout} ${runFiles.stderr} 2>/dev/null)
  out=\${1:-0} err=\${3:-0}
}
# record_end KIND CODE SIGNAL PROBLEM: the last file to appear. Tried again for an hour where the disk is full.
record_end() {
  tries=0
  record=$(printf '{"kind":"%s","code":%s,"signal":%s,"problem":%s,"startedAt":%s,"endedAt":%s,"stdoutBytes":%s,"stderrBytes":%s}' \\
    "$1" "$2" "$3" "$4" "$started" "$ended" "$out" "$err")
  if can_digest; then
    seal=$(printf %s "$seal_key$record$seal_key" | digest)
    record=\${record%?},\\"seal\\":\\"\${seal%% *}\\"}
  fi
  until printf %s "$record" 2>/dev/null >${runFiles.exit}.tmp && mv -f ${runFiles.exit}.tmp ${runFiles.exit} 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 3600 ] || exit 1
    sleep 1
  done
  sync ${runFiles.exit} 2>/dev/null
  exit 0
}
not_started() {
  now
  ended=$time out=0 err=0
  record_end not-started null null "$1"
}

identity_of $$ || identity=
now
started=$time
printf '{"pid":%s,"identity":"%s","startedAt":%s}' $$ "$identity" "$started" >${runFiles.claim}.$$ || exit 1
# A link appears whole or not at all, and fails where the name is taken.
ln ${runFiles.claim}.$$ ${runFiles.claim} 2>/dev/null
claimed=$?
rm -f ${runFiles.claim}.$$
[ $claimed = 0 ] || exit 0

[ -d "$folder" ] || not_started "$folder_missing"
if ! (
  cd "$folder" || exit 1
  case $program in
  */*) [ -f "$program" ] && [ -x "$program" ] ;;
  *)
    IFS=:
    set -f
    for place in \${search:-$PATH}; do
      [ -f "\${place:-.}/$program" ] && [ -x "\${place:-.}/$program" ] && exit 0
    done
    exit 1
    ;;
  esac
); then
  not_started "$program_missing"
fi

if command -v setsid >/dev/null 2>&1; then
  own_group() { exec setsid "$@"; }
else
  own_group() { exec python3 -c 'import os, sys; os.setsid(); os.execvp(sys.argv[1], sys.argv[1:])' "$@"; }
fi
: >>${runFiles.stdout}
: >>${runFiles.stderr}
(
  exec >>${runFiles.stdout} 2>>${runFiles.stderr} </dev/null
  cd "$folder" || exit 127
  own_group "$@"
) &
child=$!
identity_of $child || identity=
printf '{"pid":%s,"identity":"%s"}' $child "$identity" >${runFiles.child}.tmp && mv -f ${runFiles.child}.tmp ${runFiles.child}

# The watch looks for a reason to stop the command, and stops it: first asking, then not. Its exit status tells the reason.
(
  why=0
  trap 'exit $why' TERM
  pause() { sleep "$1" & wait $!; }
  end_group() {
    why=$1
    kill -s TERM -- -$child 2>/dev/null || kill -s TERM $child 2>/dev/null
    pause 2
    kill -s KILL -- -$child 2>/dev/null
    exit $why
  }
  uptime
  end_at=$((elapsed + timeout))
  while kill -0 $$ 2>/dev/null; do
    [ -e ${runFiles.cancel} ] && end_group 21
    uptime
    [ "$elapsed" -gt "$end_at" ] && end_group 22
    sizes
    [ $((out + err)) -gt "$limit" ] && end_group 23
    pause 0.2
  done
  # The supervisor was killed: nothing runs on unseen.
  kill -s KILL -- -$child 2>/dev/null
) &
watch=$!

stopped=
# Not before: a shell loses signals for children that have not yet set their own traps.
trap 'stopped=killed' TERM INT HUP
while :; do
  if [ "$stopped" = killed ]; then
    stopped=killing
    kill -s TERM -- -$child 2>/dev/null
    (sleep 2; kill -s KILL -- -$child) >/dev/null 2>&1 &
  fi
  wait $child
  code=$?
  # A signal to the supervisor interrupts the wait.
  [ "$stopped" = killed ] && kill -0 $child 2>/dev/null || break
done
kill -s TERM $watch 2>/dev/null
wait $watch
case $? in
21) stopped=cancelled ;;
22) stopped=timed-out ;;
23) stopped=output-limit ;;
*) [ -z "$stopped" ] || stopped=killed ;;
esac
# What the command left running is ended, so that nothing prints or computes after the recorded end.
kill -s KILL -- -$child 2>/dev/null
tries=0
while kill -s 0 -- -$child 2>/dev/null && [ $tries -lt 100 ]; do
  nap 0.02
  tries=$((tries + 1))
done
now
ended=$time
sizes
# A shell tells of a signal by a status over 128.
signal=null
if [ $code -gt 128 ] && name=$(kill -l $((code - 128)) 2>/dev/null) && [ -n "$name" ]; then
  signal="\\"SIG\${name#SIG}\\""
  code=null
  : "\${stopped:=killed}"
fi
record_end "\${stopped:-exited}" $code "$signal" null
`;

/**
 * Starts a run, or finds it started; prints what went wrong where it could not be recorded, and `sealed` or `unsealed` where it could.
 * @param key seals the record of its end
 */
export function startScript(folder: string, specification: RunSpecification, key: string): string {
  const [program = ""] = specification.command;
  const settings = Object.entries(specification.environment).map(([name, value]) => `${name}=${value}`);
  const supervisorArguments = [
    specification.folder,
    String(Math.ceil(specification.timeoutSeconds * 100)),
    String(specification.outputLimitBytes),
    JSON.stringify(`the folder ${specification.folder} does not exist`),
    JSON.stringify(`${program} is not installed or not on the PATH`),
    program,
    specification.environment["PATH"] ?? "",
    // env takes names that no shell would keep. A program with = in its name would be taken for one more setting.
    ...["env", ...settings, ...(program.includes("=") ? ["sh", "-c", 'exec "$@"', "sh"] : []), ...specification.command],
  ];
  return `${diskIsFull}${digestFunctions}
LC_ALL_BEFORE=\${LC_ALL-unset}
LC_ALL=C
export LC_ALL
folder=${shellQuote(folder)}
{
  mkdir -p "$folder" && cd "$folder" &&
  if [ -e ${runFiles.claim} ]; then
    :
  elif disk_is_full; then
    # Shells say of a write that failed for that only that it failed.
    echo "No space left on device"
    false
  else
    printf %s ${shellQuote(JSON.stringify(specification))} >${runFiles.specification}.$$ && mv -f ${runFiles.specification}.$$ ${runFiles.specification}
  fi
} 2>&1 || { rm -f ${runFiles.specification}.$$; return ${runScriptStatus.problem}; }
if [ "$LC_ALL_BEFORE" = unset ]; then unset LC_ALL; else LC_ALL=$LC_ALL_BEFORE; fi
unset LC_ALL_BEFORE
if can_digest; then echo sealed; else echo ${sealsNothing}; fi
[ -e ${runFiles.claim} ] && return 0
if command -v setsid >/dev/null 2>&1; then
  set -- setsid
elif command -v python3 >/dev/null 2>&1; then
  set -- python3 -c 'import os, sys; os.setsid(); os.execvp(sys.argv[1], sys.argv[1:])'
else
  echo "it has neither setsid nor python3"
  return ${runScriptStatus.problem}
fi
"$@" /bin/sh -c ${shellQuote(supervisorProgram)} baseliner-run ${supervisorArguments.map(shellQuote).join(" ")} >/dev/null 2>&1 3<&- <<KEY &
${key}
KEY
tries=0
while [ ! -e ${runFiles.claim} ] && [ $tries -lt ${startWithin * 50} ]; do
  sleep 0.02 2>/dev/null || { sleep 1; tries=$((tries + 49)); }
  tries=$((tries + 1))
done
[ -e ${runFiles.claim} ] || return ${runScriptStatus.gone}
`;
}

/** Has a protected box's own program start, describe or stop a run; it prints what the scripts here print. */
export function entryScript(entry: string, action: "start" | "state" | "cancel", id: string): string {
  return `exec ${shellQuote(entry)} ${action} ${shellQuote(id)}`;
}

/**
 * Prints `unknown`, `running`, `vanished`, or `ended` and the record of the end. A run that was
 * asked for and never began is given up first; what is left of a vanished one is ended.
 * @param believesRecord false where the record of the end that lies there is not the supervisor's
 */
export function stateScript(folder: string, believesRecord = true): string {
  return `${commonFunctions}
cd ${shellQuote(folder)} 2>/dev/null || { echo unknown; return; }
[ -e ${runFiles.specification} ] || { echo unknown; return; }
tries=0
while [ ! -e ${runFiles.claim} ] && [ $tries -lt ${startWithin * 20} ]; do
  sleep 0.05 2>/dev/null || { sleep 1; tries=$((tries + 19)); }
  tries=$((tries + 1))
done
if [ ! -e ${runFiles.claim} ]; then
  now
  printf '{"abandonedAt":%s}' "$time" >${runFiles.claim}.$$ && ln ${runFiles.claim}.$$ ${runFiles.claim} 2>/dev/null
  rm -f ${runFiles.claim}.$$
fi
pid=$(field ${runFiles.claim} pid)
[ -n "$pid" ] || { echo unknown; return; }
ended() {
  ${believesRecord ? "" : "return 1\n  "}[ -e ${runFiles.exit} ] && echo ended && cat ${runFiles.exit}
}
ended && return
if supervisor_lives; then
  echo running
  return
fi
# It may have ended in its own time a moment ago.
ended && return
child=$(field ${runFiles.child} pid)
if [ -n "$child" ] && same_process "$child" "$(field ${runFiles.child} identity)"; then
  kill -s KILL -- -"$child" 2>/dev/null
fi
echo vanished
`;
}

/**
 * Prints the output of a run from the given offsets on, as it grows: its stdout to stdout and its
 * stderr to stderr, byte for byte. Ends when the run has ended and all is printed, or after a turn.
 * @param naps how often it waits for more before its turn is over
 */
export function followScript(folder: string, from: { stdout: number; stderr: number }, naps: number): string {
  return `${commonFunctions}${diskIsFull}
cd ${shellQuote(folder)} 2>/dev/null || return ${runScriptStatus.missing}
out=${from.stdout} err=${from.stderr}
# Where nobody listens any more, this ends too.
{ cat >/dev/null; kill -s KILL $$; } <&3 3<&- >/dev/null 2>&1 &
listener=$!
trap 'kill $listener 2>/dev/null' EXIT
# The file that grew is printed from where it was left to where it now ends.
print() {
  [ "$3" -le "$2" ] || tail -c +$(($2 + 1)) "$1" | head -c $(($3 - $2))
}
drain() {
  set -- $(wc -c ${runFiles.stdout} ${runFiles.stderr} 2>/dev/null)
  new_out=\${1:-0} new_err=\${3:-0}
  [ "$new_out" -gt $out ] || [ "$new_err" -gt $err ] || return 1
  print ${runFiles.stdout} $out "$new_out"
  print ${runFiles.stderr} $err "$new_err" >&2
  [ "$new_out" -le $out ] || out=$new_out
  [ "$new_err" -le $err ] || err=$new_err
}
naps=0
quiet=0
while :; do
  # First whether it has ended, then what it printed: so nothing is missed.
  if [ -e ${runFiles.exit} ]; then
    drain
    return 0
  fi
  if drain; then
    quiet=0
  else
    quiet=$((quiet + 1))
  fi
  supervisor_lives || { drain; return ${runScriptStatus.gone}; }
  if [ $((naps % 20)) = 0 ] && disk_is_full && [ ! -e ${runFiles.exit} ]; then
    return ${runScriptStatus.diskFull}
  fi
  [ $naps -lt ${naps} ] || return ${runScriptStatus.turnOver}
  naps=$((naps + 1))
  # Look often while it prints, and seldom while it computes.
  if [ $quiet -lt 10 ]; then nap 0.05; elif [ $quiet -lt 30 ]; then nap 0.2; else nap 0.5; fi
done
`;
}

/** Prints the box's clock in ms since the epoch. */
export const clockScript = `${commonFunctions}
now
echo "$time"
`;
