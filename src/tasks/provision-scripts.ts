/** What the box runs while a task is put on it: POSIX shell. A refusal is one line on stdout and the status `refused`. */
import { protectedPath, shellQuote } from "../boxes";
import { provisioned } from "./provision";

/** Exit status of a script that says why it stopped. */
export const refused = 10;

/** The accounts of a protected box. */
export interface Accounts {
  readonly expert: string;
  readonly scorer: string;
}

const fixedSurroundings = `
LC_ALL=C
PATH=${protectedPath}
export LC_ALL PATH
umask 022
refuse() { echo "$1"; exit ${refused}; }
`;

/** Prints a line `NAME VALUE` for each thing that is known of the box; `key` may come more than once. */
export const surveyScript = `
echo "home $HOME"
${fixedSurroundings}
echo "system $(uname -s)"
echo "uid $(id -u)"
for tool in python3 sudo visudo useradd su apt-get; do
  place=$(command -v $tool) && echo "$tool $place"
done
for file in /etc/ssh/ssh_host_*_key.pub; do
  [ -r "$file" ] && read -r type key rest <"$file" && echo "key $key"
done
true
`;

/** Makes the root, closed to all others, where there is nothing of that name. */
export function makeRootScript(root: string): string {
  const at = root.lastIndexOf("/");
  return `${fixedSurroundings}
problem=$(mkdir -p ${shellQuote(root.slice(0, at) || "/")} 2>&1) || refuse "$problem"
if [ -e ${shellQuote(root)} ] || [ -L ${shellQuote(root)} ]; then refuse "it exists already"; fi
problem=$(mkdir -m 700 ${shellQuote(root)} 2>&1) || refuse "$problem"
`;
}

/** For a box with one account: what decides the score is at least not written by accident. */
export function openScript(root: string): string {
  return `${fixedSurroundings}
cd ${shellQuote(root)} || exit 1
chmod -R u+rwX,go-w . && mkdir ${provisioned.runs} && chmod -R a-w scoring task.json ${provisioned.record} && chmod 755 .
`;
}

/** Removes a root that was not finished, and the rule for it. */
export function removeRootScript(root: string, rule: string | undefined): string {
  return `chmod -R u+w ${shellQuote(root)} 2>/dev/null; rm -rf ${shellQuote(root)}${rule === undefined ? "" : `; rm -f ${shellQuote(rule)}`}`;
}

/** Installs sudo where it is missing and the box can. */
export const installSudoScript = `${fixedSurroundings}
DEBIAN_FRONTEND=noninteractive
export DEBIAN_FRONTEND
command -v apt-get >/dev/null || refuse "it has no sudo, and no apt-get to install it with: install sudo, then try again"
problem=$({ apt-get update -qq && apt-get install -qq -y --no-install-recommends sudo; } 2>&1 </dev/null) || refuse "sudo could not be installed: $(echo "$problem" | tail -n 1)"
`;

/** Makes the two accounts where they are missing, and refuses those that would not keep anything apart. */
export function accountsScript({ expert, scorer }: Accounts, key: string | undefined): string {
  return `${fixedSurroundings}
expert=${expert}
scorer=${scorer}
shell=/bin/bash
[ -x "$shell" ] || shell=/bin/sh
# No password, and yet not locked: sshd turns locked accounts away even with a key.
id -u "$expert" >/dev/null 2>&1 || problem=$(useradd -m -U -s "$shell" -p '*' "$expert" 2>&1) || refuse "$problem"
nologin=$(command -v nologin || echo /bin/false)
id -u "$scorer" >/dev/null 2>&1 || problem=$(useradd -r -U -M -d /nonexistent -s "$nologin" -p '*' "$scorer" 2>&1) || refuse "$problem"
[ "$(id -u "$expert")" != "$(id -u "$scorer")" ] || refuse "$expert and $scorer are one account"
for account in "$expert" "$scorer"; do
  [ "$(id -u "$account")" != 0 ] || refuse "the account $account is root"
  for group in $(id -Gn "$account"); do
    case $group in
    root | sudo | wheel | admin | docker | podman | lxd | incus | libvirt | disk | shadow | kmem)
      refuse "the account $account is in the group $group, which can get around the protection: take another account"
      ;;
    esac
  done
done
for group in $(id -G "$expert"); do
  [ "$group" != "$(id -g "$scorer")" ] || refuse "the account $expert is in the group of $scorer: take another account"
done
rights=$(sudo -n -l -U "$expert" 2>&1 | sed -n 's/^ *\\(([^)]*).*\\)$/\\1/p' | grep -v "^($scorer) NOSETENV: NOPASSWD: /[A-Za-z0-9._/-]*/${provisioned.entry}$" | grep -v "^($scorer) NOPASSWD: NOSETENV: /[A-Za-z0-9._/-]*/${provisioned.entry}$")
[ -z "$rights" ] || refuse "the account $expert may run other commands through sudo: take another account"
${key === undefined ? "" : authorizeScript(expert, key)}
`;
}

/** As the expert: nothing of theirs may lead root astray. */
function authorizeScript(expert: string, key: string): string {
  const script = `
umask 077
cd && mkdir -p .ssh || exit 1
file=.ssh/authorized_keys
grep -qxF -- ${shellQuote(key)} "$file" 2>/dev/null && exit 0
[ ! -s "$file" ] || [ -z "$(tail -c 1 "$file")" ] || echo >>"$file"
printf '%s\\n' ${shellQuote(key)} >>"$file"`;
  return `problem=$(su -s /bin/sh ${expert} -c ${shellQuote(script)} 2>&1 </dev/null) || refuse "the key could not be added for ${expert}: $problem"`;
}

/** Nobody but root may be able to put something else in the place of a path or of a folder above it; `remedy` says what to do otherwise. */
export function ancestorsScript(path: string, remedy: string): string {
  return `${fixedSurroundings}
place=${shellQuote(path)}
while place=\${place%/*}; do
  status=$(stat -c '%u %A' "\${place:-/}") || exit 1
  case $status in
  "0 d"????-??-?*) ;;
  # Others may write there, but not take away what is root's.
  "0 d"*[tT]) ;;
  *) refuse "others than root can change \${place:-/}: ${remedy}" ;;
  esac
  [ ! -L "\${place:-/}" ] || refuse "\${place} is a link: name its target with --root"
  [ -n "$place" ] || break
done
`;
}

/** Programs of the scorer's own folders may be nobody's but root's, so that the expert cannot put others in their place. */
export function scorerPathScript(folder: string, { expert }: Accounts): string {
  const ofOthers = `find -L ${shellQuote(folder)} -maxdepth 1 -writable ! -type s ! -type p 2>/dev/null | head -n 1`;
  return `${fixedSurroundings}
[ -d ${shellQuote(folder)} ] || refuse "there is no folder ${folder}: name another with --scorer-path"
${ancestorsScript(`${folder}/.`, "name another folder with --scorer-path")}
program=$(su -s /bin/sh ${expert} -c ${shellQuote(ofOthers)} </dev/null)
[ -z "$program" ] || refuse "the expert can change $program: name another folder with --scorer-path"
`;
}

/** Who may do what in the root. It stays closed meanwhile, so that nobody gets in between. */
export function protectScript(root: string, { expert, scorer }: Accounts, rule: string, sudoers: string): string {
  return `${fixedSurroundings}
cd ${shellQuote(root)} || exit 1
mkdir ${provisioned.runs} ${provisioned.privateFolder} || exit 1
mkdir -p ${provisioned.workspace} || exit 1
{
  chown -R -h root:root . &&
  chmod -R u=rwX,go=rX . &&
  chmod 700 . &&
  if [ -d ${provisioned.protectedFolder} ]; then
    chown -R -h root:"$(id -g ${scorer})" ${provisioned.protectedFolder} && chmod -R u=rwX,g=rX,o= ${provisioned.protectedFolder}
  fi &&
  chown ${scorer}:"$(id -g ${scorer})" ${provisioned.runs} ${provisioned.privateFolder} &&
  chmod 755 ${provisioned.runs} ${provisioned.entry} &&
  chmod 700 ${provisioned.privateFolder} &&
  chown -R -h ${expert}:"$(id -g ${expert})" ${provisioned.workspace}
} || exit 1
# sudo passes over names with a dot, so the rule counts once it has its own.
umask 227
printf %s ${shellQuote(sudoers)} >${rule}.draft && visudo -c -f ${rule}.draft >/dev/null || { visudo -c -f ${rule}.draft 2>&1; rm -f ${rule}.draft; exit 1; }
chmod 440 ${rule}.draft && mv -f ${rule}.draft ${rule} || exit 1
chmod 755 .
`;
}

/** The rule of sudo for one task; programs are looked for in `path`. `both`: whether the scorer may also have a namespace with both accounts. */
export function sudoersText(root: string, { expert, scorer }: Accounts, path: string, both: boolean): string {
  const entry = `${root}/${provisioned.entry}`;
  const plain = `env_reset, !env_keep, !env_check, !setenv, !closefrom_override, !requiretty, !use_pty, closefrom=3, umask=0022, secure_path="${path}"`;
  return `# Written by "baseliner task provision" for ${root}.
Defaults!${entry} ${plain}
Defaults:${scorer} ${plain}, !pam_session
${expert} ALL=(${scorer}) NOPASSWD: NOSETENV: ${entry}
${scorer} ALL=(${expert}) NOPASSWD: NOSETENV: ALL
${both ? `${scorer} ALL=(root) NOPASSWD: NOSETENV: ${root}/${provisioned.accounts}\n` : ""}`;
}

/** Tries from both accounts whether the protection stands, and, where the scorer needs `both`, whether it has them. Prints what does not. */
export function selfTestScript(root: string, { expert, scorer }: Accounts, both: boolean): string {
  const asBoth = `
said=$(echo '{}' | sudo -n -- ${root}/${provisioned.accounts} /bin/sh -c 'id -u' 2>&1)
[ "$said" = 0 ] || echo "the scoring function runs programs as other accounts, and cannot here: $said"
if echo '{}' | sudo -n -- ${root}/${provisioned.accounts} /bin/cat /etc/shadow >/dev/null 2>&1; then echo "${root}/${provisioned.accounts} gives the scorer the rights of root"; fi`;
  const asExpert = `
cd ${shellQuote(root)} || { echo "$(id -un) cannot enter ${root}"; exit; }
for path in . .. ${provisioned.entry} ${provisioned.record} task.json scoring ${provisioned.runs} $(find scoring -type f); do
  [ ! -w "$path" ] || echo "$path can be changed by the expert"
  [ -r "$path" ] || echo "$path cannot be read by the expert"
done
for path in ${provisioned.protectedFolder} ${provisioned.privateFolder}; do
  if [ -d "$path" ] && ls "$path" >/dev/null 2>&1; then echo "$path can be read by the expert"; fi
done
[ -w ${provisioned.workspace} ] || echo "the expert cannot write the workspace"
said=$(${root}/${provisioned.entry} state 00000000-0000-4000-8000-000000000000 2>&1)
[ "$said" = unknown ] || echo "sudo does not start the scoring: $said"
for who in root ${scorer}; do
  if sudo -n -u "$who" -- /bin/sh -c : >/dev/null 2>&1; then echo "sudo lets the expert run anything as $who"; fi
done`;
  const asScorer = `
cd ${shellQuote(`${root}/${provisioned.workspace}`)} || echo "the scorer cannot enter the workspace"
[ ! -d ../${provisioned.protectedFolder} ] || ls ../${provisioned.protectedFolder} >/dev/null || echo "the scorer cannot read ${provisioned.protectedFolder}"
said=$(sudo -n -u ${expert} -- /bin/sh -c 'id -un' 2>&1)
[ "$said" = ${expert} ] || echo "the scorer cannot run programs as the expert: $said"
if sudo -n -- /bin/sh -c : >/dev/null 2>&1; then echo "sudo lets the scorer run anything as root"; fi${both ? asBoth : ""}`;
  return `${fixedSurroundings}
problems=$(su -s /bin/sh ${expert} -c ${shellQuote(asExpert)} 2>&1 </dev/null; su -s /bin/sh ${scorer} -c ${shellQuote(asScorer)} 2>&1 </dev/null)
[ -z "$problems" ] || refuse "$problems"
`;
}
