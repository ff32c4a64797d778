/**
 * A script that ends with whoever watches it, for a shell that is given it with the watcher's
 * end of a pipe as file 3. All that it started is stopped with it, as far as it is in the
 * shell's process group; where the shell has no group of its own, it ends at its next output.
 */
export function watchScript(script: string): string {
  return `
watched=$$
if [ -r "/proc/$$/stat" ]; then
  line=$(cat "/proc/$$/stat")
  set -f
  set -- \${line##*) }
  set +f
  group=$3
else
  group=$(LC_ALL=C ps -o pgid= -p $$ 2>/dev/null)
  group=\${group##* }
fi
stop_all() {
  trap '' TERM
  if [ "$group" = "$watched" ]; then kill -TERM 0; else kill -TERM "$1"; fi
}
(
exec 3<&-
${script}
) &
child=$!
(
  cat <&3
  stop_all $child
  sleep 2
  [ "$group" = "$watched" ] && kill -KILL 0
) >/dev/null 2>&1 &
watcher=$!
wait $child
status=$?
stop_all $watcher
return $status`;
}
