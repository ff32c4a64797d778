"""Accounts and groups as families of the Task Standard expect them, in the view of places.py: `agent`, the participant, and the group `protected`.

They are given to this process and those below it by files shown in the place of /etc/passwd and /etc/group, which change nothing on the disk. Root has them all.
On a protected box, where the scorer is root of a user namespace (BASELINER_ACCOUNTS), agent is the expert's account, and groups have ids that nobody has outside.
Elsewhere one account is all there is, and nothing can be run as another.
"""

import grp
import os
import pwd
import shutil
import stat

AGENT = "agent"
# METR's library of scoring functions (metr.task_protected_scoring) lets a scoring function run as agent in this group, which its containers have.
SCORING_GROUP = "protected"
FREE_ID = 2_000_000_000
SUDO_PLUGINS = ["/usr/libexec/sudo", "/usr/lib/sudo"]


def only_one():
    """Whether this process can take on no other account."""
    return os.geteuid() != 0 or len(mapped("uid_map")) == 1 and not is_everything()


def files(groups, folder):
    """{path: file to be seen there} so that agent and these groups are known; the files are made in `folder`, which is made where it is needed."""
    if only_one():
        return {}
    users = lines("/etc/passwd")
    known = lines("/etc/group")
    agent = next((line for line in users if line[0] == AGENT), None)
    if not is_everything():
        # All but itself has one id in the namespace, which is the expert's.
        user, group = mapped("uid_map")[1], mapped("gid_map")[1]
    elif agent:
        user, group = int(agent[2]), int(agent[3])
    else:
        user = group = FREE_ID
    # No password in /etc/shadow, which su could not read in a namespace.
    wanted_users = {AGENT: [AGENT, "*", str(user), str(group), "", "/home/agent", "/bin/bash" if os.path.exists("/bin/bash") else "/bin/sh"]}
    wanted_groups = {AGENT: [AGENT, "*", str(group), ""]}
    for index, name in enumerate(sorted({*groups, SCORING_GROUP} - {AGENT, "root"})):
        own = next((line for line in known if line[0] == name), None) if is_everything() else None
        wanted_groups[name] = own or [name, "*", str(FREE_ID + 1 + index), ""]
    os.mkdir(folder)
    os.chmod(folder, 0o755)
    shown = {}
    for path, present, wanted in (("/etc/passwd", users, wanted_users), ("/etc/group", known, wanted_groups)):
        ids = {line[2] for line in wanted.values()}
        text = [":".join(line) for line in [*wanted.values(), *(line for line in present if line[0] not in wanted and line[2] not in ids)]]
        shown[path] = os.path.join(folder, os.path.basename(path))
        with open(shown[path], "w") as file:
            file.write("\n".join([*text, ""]))
        os.chmod(shown[path], 0o644)
    return shown if is_everything() else {**shown, **files_of_sudo(folder)}


def files_of_sudo(folder):
    """What sudo takes from root alone, as the root of this namespace has it, and the rule that root may be anyone."""
    # Where the rules are open to a group, sudo reads them as user 1, whom the namespace does not have.
    texts = {"/etc/sudoers": "root ALL=(ALL:ALL) NOPASSWD: ALL\n", "/etc/sudo.conf": "Plugin sudoers_policy sudoers.so sudoers_mode=0400\n"}
    shown = {}
    for path, text in texts.items():
        shown[path] = os.path.join(folder, os.path.basename(path))
        with open(shown[path], "w") as file:
            file.write(text)
        os.chmod(shown[path], 0o400)
    for plugins in SUDO_PLUGINS:
        if os.path.isdir(plugins):
            copy = shutil.copytree(plugins, os.path.join(folder, plugins.strip("/").replace("/", "-")), symlinks=True)
            shown.update({os.path.join(plugins, name): os.path.join(copy, name) for name in os.listdir(plugins)})
    return shown if all(os.path.exists(path) for path in texts) else {}


def owners_below(place, paths=None):
    """{path in a folder: [owner, group, mode]} of these paths and all below them (of all, with the folder itself, unless told), links left out."""
    found = {}
    for path in [place] if paths is None else [os.path.join(place, path) for path in paths]:
        for one in [path, *(os.path.join(folder, name) for folder, folders, names in os.walk(path) for name in [*folders, *names])]:
            status = os.lstat(one)
            if not stat.S_ISLNK(status.st_mode):
                found[os.path.relpath(one, place)] = [name_of(pwd.getpwuid, status.st_uid), name_of(grp.getgrgid, status.st_gid), stat.S_IMODE(status.st_mode)]
    return found


def give_back(place, owners):
    """Gives what lies in a folder the owners and modes that it had."""
    for path, (owner, group, mode) in owners.items():
        one = os.path.join(place, path)
        if os.path.lexists(one) and not os.path.islink(one):
            if not only_one():
                os.chown(one, id_of(pwd.getpwnam, owner), id_of(grp.getgrnam, group), follow_symlinks=False)
            os.chmod(one, mode)


def give_to_agent(place):
    agent = pwd.getpwnam(AGENT)
    give(place, agent.pw_uid, agent.pw_gid)


def take_back(place):
    """So that whoever made a folder can remove it."""
    if not only_one():
        give(place, 0, 0)


def give(place, user, group):
    for folder, folders, names in os.walk(place):
        for name in [".", *folders, *names]:
            os.chown(os.path.join(folder, name), user, group, follow_symlinks=False)


def name_of(look_up, number):
    try:
        return look_up(number)[0]
    except KeyError:
        return "root"


def id_of(look_up, name):
    try:
        return look_up(name)[2]
    except KeyError:
        return 0


def lines(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return [line.rstrip("\n").split(":") for line in file if line.count(":") >= 3]


def mapped(name):
    """First ids, as seen from within, of the ranges of ids that this process's namespace has."""
    with open(f"/proc/self/{name}") as file:
        return [int(line.split()[0]) for line in file]


def is_everything():
    with open("/proc/self/uid_map") as file:
        return file.read().split() == ["0", "0", str(2**32 - 1)]
