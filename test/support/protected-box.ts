import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { OutputOffsets, RunExit } from "../../src/boxes";
import { SshBox } from "../../src/boxes/ssh";
import { loadTask, type ProvisionedTask, type ProvisionOptions, provisionTask } from "../../src/tasks";
import { newKey, Sshd, whyNoSshd } from "./sshd";
import { taskJson } from "./task-folder";
import { temporaryFolder } from "./temporary-folder";

/** Why accounts cannot be made and attacked here; undefined where they can. */
export const whyNoAccounts =
  whyNoSshd ??
  (process.getuid?.() !== 0 ? "only root can make accounts" : ["useradd", "userdel", "visudo", "sudo", "su"].map((name) => missing(name)).find((why) => why !== undefined)) ??
  (existsSync("/usr/bin/python3") || existsSync("/usr/local/bin/python3") ? undefined : "there is no python3 for every account");

function missing(program: string): string | undefined {
  return ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].some((folder) => existsSync(join(folder, program))) ? undefined : `there is no ${program}`;
}

/** The answer that only the scorer may know. */
export const secret = "the-hidden-answer-4711";

/**
 * A scoring function that knows a secret, and scores the number that the solution prints last when it is run as the
 * expert. It is called without any option that would shield Python.
 */
const scorer = `
import json, os, subprocess, sys
secret = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "protected", "answer.txt")).read()
prefix = json.loads(os.environ.get("BASELINER_SOLVER") or "[]")
ran = subprocess.run(prefix + [sys.executable, "-B", "solution.py"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
print(ran.stdout, end="", flush=True)
value = float(ran.stdout.split()[-1])
with open(os.environ["BASELINER_RESULT"], "w") as file:
    json.dump({"score": value, "message": {"said": "ok"}, "details": {"secret": secret}, "more": secret}, file)
`;

/** Writes a task with a folder `protected/`, a reference solution and notes of its author. */
export function writeProtectedTask(scoring: Record<string, unknown> = {}, program = scorer): string {
  const folder = join(temporaryFolder(), "task");
  for (const part of ["scoring", "workspace", "protected", "reference"]) {
    mkdirSync(join(folder, part), { recursive: true });
  }
  const base = taskJson({ reference: "reference", rules: "rules.json" });
  writeFileSync(join(folder, "task.json"), JSON.stringify({ ...base, scoring: { ...(base["scoring"] as object), timeoutSeconds: 60, ...scoring } }));
  writeFileSync(join(folder, "instructions.md"), "# A sample task\n");
  writeFileSync(join(folder, "rules.json"), "{}");
  writeFileSync(join(folder, "NOTES.md"), "for the author");
  writeFileSync(join(folder, "reference", "solution.py"), "print(2)\n");
  writeFileSync(join(folder, "workspace", "solution.py"), "print(10)\n");
  writeFileSync(join(folder, "protected", "answer.txt"), secret);
  writeFileSync(join(folder, "scoring", "score.py"), program);
  return folder;
}

/** Names of accounts that nobody else has; they and all of theirs are gone when the test is over. */
export function newAccounts(): { expert: string; scorer: string } {
  const unique = randomBytes(4).toString("hex");
  const accounts = { expert: `bl-expert-${unique}`, scorer: `bl-scorer-${unique}` };
  onTestFinished(() => {
    for (const account of [accounts.expert, accounts.scorer]) {
      const uid = spawnSync("id", ["-u", account], { encoding: "utf8" }).stdout.trim();
      if (/^[1-9]\d*$/.test(uid)) {
        // Every process of this account, and of no other.
        spawnSync("setpriv", [`--reuid=${uid}`, "--clear-groups", "sh", "-c", "kill -9 -1"]);
        spawnSync("userdel", ["-r", "-f", account]);
      }
    }
  });
  return accounts;
}

/** An account that lets in whoever knows its password; gone when the test is over. */
export function accountWithPassword(): { account: string; password: string } {
  const account = newAccounts().expert;
  const password = randomUUID();
  execFileSync("useradd", ["-m", "-s", "/bin/sh", account]);
  execFileSync("chpasswd", { input: `${account}:${password}\n` });
  return { account, password };
}

/** A new folder that every account can enter and only root can change. */
export function openFolder(): string {
  mkdirSync("/srv", { recursive: true });
  const folder = mkdtempSync("/srv/baseliner-test-");
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** What is left of a rule of sudo when the test is over is removed. */
export function forgetRule(root: string): void {
  onTestFinished(() => {
    spawnSync("sh", ["-c", `grep -lF 'for ${root}.' /etc/sudoers.d/baseliner-* 2>/dev/null | xargs -r rm -f`]);
  });
}

/** An sshd that lets root in with the test's key, and every account with what its authorized_keys says. */
export async function sshdForAccounts(): Promise<Sshd> {
  return await Sshd.start({ ownKeys: true });
}

export const fromTheBeginning: OutputOffsets = { stdout: 0, stderr: 0 };

/** What one scoring came to. */
export interface ScoredRun {
  readonly id: string;
  readonly exit: RunExit;
  /** What was printed to stdout. */
  readonly output: string;
  /** The result that the expert can read; undefined where there is none. */
  readonly result: { score?: number; message?: unknown } | undefined;
}

/** A task on a protected box, and its expert logged in there. */
export class ProtectedBox {
  private constructor(
    readonly sshd: Sshd,
    readonly root: string,
    readonly accounts: { expert: string; scorer: string },
    readonly provisioned: ProvisionedTask,
    /** The box as the expert's session uses it. */
    readonly box: SshBox,
  ) {}

  static async provision(task = writeProtectedTask(), changes: Partial<ProvisionOptions> = {}, folder = openFolder()): Promise<ProtectedBox> {
    const sshd = await sshdForAccounts();
    const accounts = newAccounts();
    const key = newKey(temporaryFolder(), "expert_key");
    const root = join(folder, "task-1");
    forgetRule(root);
    const provisioned = await provisionTask(await loadTask(task), await sshd.box(), {
      profile: "cpu",
      participant: "p-07",
      root,
      ...accounts,
      expertKey: readFileSync(`${key}.pub`, "utf8"),
      ...changes,
    });
    const connection = sshd.connection({ user: accounts.expert, keyFiles: [key] });
    await connection.connect();
    return new ProtectedBox(sshd, root, accounts, provisioned, new SshBox(connection, { entry: provisioned.provision.entry }));
  }

  get runs(): string {
    return join(this.root, "runs");
  }

  get entry(): string {
    return join(this.root, "entry");
  }

  /** What a shell script says that the expert runs over SSH, and how it ended. */
  async asExpert(script: string, withinMs = 60_000): Promise<{ code: number | null; text: string }> {
    const { code, stdout, stderr } = await this.box.runScript(`cd ${this.root}\n${script}`, withinMs);
    return { code, text: stdout.toString("utf8") + stderr };
  }

  /** Puts a solution into the workspace, as the expert. */
  async solve(source: string): Promise<void> {
    await this.box.writeFile(join(this.root, "workspace", "solution.py"), Buffer.from(source));
  }

  async start(id: string = randomUUID()): Promise<string> {
    // What the specification says counts for nothing here.
    await this.box.startRun(this.runs, { id, command: ["echo", "not this"], folder: "/", environment: {}, timeoutSeconds: 1, outputLimitBytes: 1 });
    return id;
  }

  async follow(id: string): Promise<ScoredRun> {
    const output: Uint8Array[] = [];
    const exit = await this.box.followRun(this.runs, id, fromTheBeginning, (stream, bytes) => {
      if (stream === "stdout") {
        output.push(Buffer.from(bytes));
      }
      return Promise.resolve();
    });
    const bytes = await this.box.readFile(join(this.runs, id, "result.json"), 1 << 20).catch(() => undefined);
    const result = bytes === undefined || bytes.length === 0 ? undefined : (JSON.parse(bytes.toString("utf8")) as ScoredRun["result"]);
    return { id, exit, output: Buffer.concat(output).toString("utf8"), result };
  }

  async score(source?: string): Promise<ScoredRun> {
    if (source !== undefined) {
      await this.solve(source);
    }
    return await this.follow(await this.start());
  }

  /** What everything but the workspace looks like: names, owners, modes, contents. */
  fingerprint(): string {
    const script = `cd '${this.root}' && find . -path ./workspace -prune -o -printf '%p %u %g %m %y %s %l\\n' | sort && find . -path ./workspace -prune -o -type f -exec sha256sum {} + | sort`;
    return execFileSync("sh", ["-c", script], { encoding: "utf8" });
  }
}
