import { join } from "node:path";
import { onTestFinished } from "vitest";
import { systemTime, type Time } from "../../src/base";
import { LocalBox } from "../../src/boxes";
import { SshBox, SshConnection, type SshConnectionOptions } from "../../src/boxes/ssh";
import { createSessionOnBox, type NewSessionOnBox, Session } from "../../src/sessions";
import { supervisor } from "./build";
import { provisionInto, type TaskChanges } from "./provisioned-folder";
import { shortWait, type Sshd } from "./sshd";
import { temporaryFolder } from "./temporary-folder";

/** A folder as a provisioned box has it, with this scoring function. */
export async function provisioned(scorer: string, changes: TaskChanges = {}): Promise<string> {
  return await provisionInto(temporaryFolder(), new LocalBox(supervisor, systemTime), scorer, changes);
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
