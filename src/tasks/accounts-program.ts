import type { Accounts } from "./provision-scripts";

/** Environment variable with the words that begin a command in which the scoring function may be root and the expert, as a JSON array. */
export const accountsVariable = "BASELINER_ACCOUNTS";

/**
 * The one program that the scorer may run as root: `accounts COMMAND…`. It runs the command in a user namespace in which the scorer's
 * account is root and the expert's is itself, with no rights but those that these two have. The kernel lets root alone make such a one.
 * The command's environment is a JSON object on stdin, which is empty for the command.
 */
export function accountsProgram(python: string, accounts: Accounts): string {
  // A JSON text is also the literal of a Python string.
  return `#!${python} -IS\n${program.replace("SETTINGS_TEXT", () => JSON.stringify(JSON.stringify(accounts)))}`;
}

const program = String.raw`"""Runs a command as root of a user namespace that holds two accounts: accounts COMMAND...

Written by "baseliner task provision". Root is the scorer there, and the expert is the expert. Families of the Task Standard expect groups of their own: for
them there are group ids that nobody has outside. The environment of the command is a JSON object on stdin.
"""
import ctypes
import json
import os
import pwd
import sys

ACCOUNTS = json.loads(SETTINGS_TEXT)
NEW_USERS = 0x10000000
FREE_GROUPS = "2000000000 2000000000 16"


def main():
    command = sys.argv[1:]
    environment = json.load(sys.stdin)
    scorer, expert = (pwd.getpwnam(ACCOUNTS[name]) for name in ("scorer", "expert"))
    maps = {
        "uid_map": f"0 {scorer.pw_uid} 1\n{expert.pw_uid} {expert.pw_uid} 1\n",
        "gid_map": f"0 {scorer.pw_gid} 1\n{expert.pw_gid} {expert.pw_gid} 1\n{FREE_GROUPS}\n",
    }
    ready, made = os.pipe()
    # Who is in the namespace is no longer root outside, and cannot write them.
    writer = os.fork()
    if writer == 0:
        os.close(made)
        os.read(ready, 1)
        for name, text in maps.items():
            with open(f"/proc/{os.getppid()}/{name}", "w") as file:
                file.write(text)
        os._exit(0)
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(NEW_USERS) != 0:
        sys.exit(f"this system allows no user namespace: {os.strerror(ctypes.get_errno())}")
    os.close(made)
    if os.waitpid(writer, 0)[1] != 0:
        sys.exit("this system allows no user namespace with two accounts")
    os.setgroups([])
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.execvpe(command[0], command, environment)


main()
`;
