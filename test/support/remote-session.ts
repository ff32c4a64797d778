import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { systemTime, type Time } from "../../src/base";
import { LocalBox } from "../../src/boxes";
import { SshBox, SshConnection, type SshConnectionOptions } from "../../src/boxes/ssh";
import { createSessionOnBox, type NewSessionOnBox, Session } from "../../src/sessions";
import { hashesOf, type Provision, provisioned as names, scoringFiles } from "../../src/tasks";
import { supervisor } from "./build";
import { shortWait, type Sshd } from "./sshd";
import { temporaryFolder } from "./temporary-folder";
import { writeTask } from "./task-folder";

/** A folder as a provisioned box has it, with this scoring function. */
export async function provisioned(scorer: string, changes: { scoring?: Record<string, unknown>; files?: Record<string, string>; sync?: Record<string, unknown> } = {}): Promise<string> {
  const task = writeTask(join(temporaryFolder(), "task"), scorer, changes.scoring, changes.sync === undefined ? {} : { sync: changes.sync });
  for (const [name, content] of Object.entries(changes.files ?? {})) {
    mkdirSync(join(task, "workspace", name, ".."), { recursive: true });
    writeFileSync(join(task, "workspace", name), content);
  }
  const root = join(temporaryFolder(), "box");
  cpSync(task, root, { recursive: true });
  mkdirSync(join(root, "runs"));
  const box = new LocalBox(supervisor, systemTime);
  const provision: Provision = {
    format: 1,
    task: { id: "sample", version: "1.0.0" },
    protection: "none",
    files: await scoringFiles(box, root),
    startingSolution: await hashesOf(box, join(root, "workspace"), []),
    entry: null,
    provisionedAt: "2026-01-01T00:00:00.000Z",
  };
  writeFileSync(join(root, names.record), JSON.stringify(provision));
  return root;
}

/** An expert's side of a session on a box: a sessions folder, and the way to the box over a port. */
export class RemoteExpert {
  readonly sessionsFolder = join(temporaryFolder(), "sessions");

  constructor(
    private readonly sshd: Sshd,
    readonly boxRoot: string,
    private readonly port = sshd.port,
    private readonly options: SshConnectionOptions = {},
  ) {}

  box(): SshBox {
    const connection = new SshConnection(this.sshd.target({ port: this.port }), { wait: shortWait, patienceMs: 20_000, keepAliveMs: 500, ...this.options });
    onTestFinished(() => connection.close());
    return new SshBox(connection);
  }

  get assignment(): NewSessionOnBox {
    return { sessionsFolder: this.sessionsFolder, box: { kind: "ssh", target: "the box", root: this.boxRoot }, profile: "cpu", participant: "tester" };
  }

  /** Lays out the session; returns its folder. */
  async create(time: Time = systemTime): Promise<string> {
    const box = this.box();
    await box.connection.connect();
    try {
      return await createSessionOnBox(this.assignment, box, time);
    } finally {
      box.connection.close();
    }
  }

  /** Opens a session and closes it when the test is over. */
  async open(root: string, time: Time = systemTime): Promise<Session> {
    const session = await Session.open(root, { time, boxFor: () => this.box(), holder: "a test" });
    onTestFinished(() => session.close());
    return session;
  }
}
