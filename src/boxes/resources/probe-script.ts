import { shellQuote } from "../shell-quote";

/** What is looked for on every box. */
const usualTools = ["python3", "git", "torch", "nvcc"];

export interface ProbeOptions {
  /** Absolute path on the box; the disk is that of the nearest folder above it that exists. Empty: the home folder. */
  readonly folder: string;
  /** Programs and Python packages to look for beside the usual ones. */
  readonly tools: readonly string[];
}

/** Versions of Python packages from their metadata: importing torch would take seconds and a part of the GPU. */
const packageVersions = `
import os, re, sys
try:
    from importlib import metadata, util
except ImportError:
    metadata = None
for name in sys.argv[1:]:
    try:
        version = metadata.version(name)
    except Exception:
        print("T " + name)
        continue
    if name == "torch":
        try:
            with open(os.path.join(util.find_spec("torch").submodule_search_locations[0], "version.py")) as f:
                cuda = re.search(r"^cuda\\b.*=\\s*['\\"]([0-9.]+)['\\"]", f.read(), re.M)
            version += " (CUDA %s)" % cuda.group(1) if cuda else " (no CUDA)"
        except Exception:
            pass
    print("t %s %s" % (name, version))
`;

/**
 * A script that tells what a box has, and every 5 s how much of it is in use, until it is stopped.
 * Each line begins with a letter for what it tells (see ProbeReader). What may hang (a dead disk, a
 * driver, a tool) runs beside the rest, so that the rest goes on.
 */
export function probeScript({ folder, tools }: ProbeOptions): string {
  const wanted = [...new Set([...usualTools, ...tools])];
  return `
LC_ALL=C
export LC_ALL
say() {
  printf '%s\\n' "$*"
}
say "u $(id -u)"
say "h $(uname -n)"
say "o $(uname -s) $(uname -r) $(uname -m)"

place=${shellQuote(folder)}
[ -n "$place" ] || place=$HOME
while [ ! -d "$place" ]; do
  case $place in
  */*) place=\${place%/*} ;;
  *) place= ;;
  esac
  [ -n "$place" ] || place=/
done
while :; do
  say "d $(df -Pk "$place/." 2>/dev/null | tail -n 1)"
  sleep 30
done &

(
  packages=
  for tool in ${wanted.map(shellQuote).join(" ")}; do
    if command -v "$tool" >/dev/null 2>&1; then
      case $tool in
      nvcc) say "t $tool $("$tool" --version 2>/dev/null | sed -n 's/.*release \\([0-9.]*\\).*/\\1/p')" ;;
      python3 | git) say "t $tool $("$tool" --version 2>&1 | sed -n '1s/[^0-9]*//p')" ;;
      *) say "t $tool" ;;
      esac
    else
      packages="$packages $tool"
    fi
  done
  if ! python3 -c ${shellQuote(packageVersions)} $packages 2>/dev/null; then
    for tool in $packages; do say "T $tool"; done
  fi
  say e
) &

if command -v nvidia-smi >/dev/null 2>&1; then
  gpus() {
    nvidia-smi "--query-gpu=count,index,uuid,driver_version,memory.total,memory.used,utilization.gpu,$1,name" --format=csv,noheader,nounits -l 5 2>&1
  }
  while :; do
    {
      gpus mig.mode.current
      status=$?
      # Drivers from before MIG do not know the question.
      if [ $status = 2 ]; then
        echo again
        gpus pstate
        status=$?
      fi
      echo "status $status"
    } | while IFS= read -r line; do
      say "g $line"
    done
    sleep 30
  done &
  nvidia-smi -L 2>/dev/null | head -n 500 | while IFS= read -r line; do
    say "l $line"
  done &
  while :; do
    nvidia-smi --query-compute-apps=gpu_uuid,pid,used_memory --format=csv,noheader,nounits 2>/dev/null | head -n 500 | while IFS=', ' read -r gpu pid memory rest; do
      case $pid in "" | *[!0-9]*) continue ;; esac
      say "a $gpu $pid $memory $(stat -c %u "/proc/$pid" 2>/dev/null || echo -) $(stat -c %U "/proc/$pid" 2>/dev/null | tr -d ' ' || echo -) $(tr -d '\\n' <"/proc/$pid/comm" 2>/dev/null)"
    done 2>/dev/null
    say A
    sleep 5
  done &
else
  say n
fi

# first_of FILE: its first line.
first_of() {
  read -r first <"$1" 2>/dev/null
  printf %s "$first"
}
group=$(sed -n 's/^0:://p' /proc/self/cgroup 2>/dev/null)
limits() {
  for place in "/sys/fs/cgroup$group" /sys/fs/cgroup; do
    if [ -r "$place/memory.max" ]; then
      say "c $(first_of "$place/memory.max") $(first_of "$place/memory.current") $(sed -n 's/^inactive_file //p' "$place/memory.stat") $(first_of "$place/cpu.max")"
      return
    fi
  done
  place=/sys/fs/cgroup/memory
  if [ -r $place/memory.limit_in_bytes ]; then
    say "c $(first_of $place/memory.limit_in_bytes) $(first_of $place/memory.usage_in_bytes) $(sed -n 's/^total_inactive_file //p' $place/memory.stat) $(first_of /sys/fs/cgroup/cpu/cpu.cfs_quota_us) $(first_of /sys/fs/cgroup/cpu/cpu.cfs_period_us)"
  fi
}
while :; do
  say "p $(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null)"
  if [ -r /proc/meminfo ]; then
    total= free=
    while read -r name value unit; do
      case $name in
      MemTotal:) total=$value ;;
      MemAvailable:) free=$value ;;
      esac
    done </proc/meminfo
    say "m $total $free"
    say "w $(first_of /proc/loadavg)"
    limits
  else
    bytes=$(sysctl -n hw.memsize 2>/dev/null) && say "m $((bytes / 1024))"
  fi
  say .
  sleep 5
done`;
}
