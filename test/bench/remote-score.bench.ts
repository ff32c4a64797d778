// What *Score* takes on a box over SSH until the first line of output is seen: settling the mirror, the snapshot,
// the journal and the check of the scoring files included. Against what a person would do by hand: rsync of the
// workspace and the scoring command by ssh, over a connection that stands already (ControlMaster).
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemTime } from "../../src/base";
import { LocalBox } from "../../src/boxes";
import { SshBox, SshConnection } from "../../src/boxes/ssh";
import { createSessionOnBox, Session } from "../../src/sessions";
import { OpensshServer } from "../support/openssh-server";
import { provisionInto } from "../support/provisioned-folder";

/** What is measured against, and the packages of Debian that bring it. */
export const programs = { "/usr/sbin/sshd": "openssh-server", ssh: "openssh-client", rsync: "rsync", git: "git" };

const rounds = 15;
/** Files of the workspace; RE-Bench's have a few dozen. */
const files = 40;

const run = promisify(execFile);

export async function bench(root: string) {
  const place = mkdtempSync(join(tmpdir(), "baseliner-bench-"));
  mkdirSync(join(place, "sshd"));
  const server = await OpensshServer.launch(join(place, "sshd"));
  try {
    return [await firstLine(place, server, root)];
  } finally {
    await run("ssh", ["-O", "exit", "-S", join(place, "control"), "127.0.0.1"]).catch(() => undefined);
    await server.stop();
    rmSync(place, { recursive: true, force: true });
  }
}

async function firstLine(place: string, server: OpensshServer, root: string) {
  const more = Object.fromEntries(Array.from({ length: files }, (_, at) => [`package/module_${at}.py`, `# ${"x".repeat(100 * at)}\n`]));
  const local = new LocalBox(join(root, "dist", "supervisor.js"), systemTime);
  const boxRoot = await provisionInto(place, local, 'print("begun", flush=True)\nresult(solution())', { files: more });
  const newBox = (): SshBox => new SshBox(new SshConnection(server.target()));
  const box = newBox();
  await box.connection.connect();
  const folder = await createSessionOnBox(
    { sessionsFolder: join(place, "sessions"), box: { kind: "ssh", target: "the box", root: boxRoot }, profile: "cpu", participant: "bench" },
    box,
    systemTime,
  );
  box.connection.close();
  const session = await Session.open(folder, { time: systemTime, boxFor: newBox, holder: "the benchmark" });
  await session.score();
  await session.startClock();
  const byHand = new ByHand(place, server, boxRoot);
  await byHand.connect();
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    writeFileSync(join(session.folder.workspace, "solution.py"), `value = ${round + 1}\n`);
    ours.push(await ourFirstLine(session));
    // The same edit again, so that rsync has as much to bring.
    writeFileSync(join(session.folder.workspace, "solution.py"), `value = ${round + 100}\n`);
    theirs.push(await byHand.firstLine(session.folder.workspace));
  }
  await session.close();
  const [our, their] = [median(ours), median(theirs)];
  return {
    what: `Score to the first line of output, against rsync -a && ssh on a ControlMaster connection (${files} files)`,
    ours: `${our.toFixed(0)} ms`,
    theirs: `${their.toFixed(0)} ms`,
    ratio: our / their,
    target: 1.5,
    note: "ours compares both sides by content, takes a snapshot, flushes the journal, checks the scoring files and starts a run that survives the connection",
  };
}

async function ourFirstLine(session: Session): Promise<number> {
  const began = systemTime.monotonic();
  let first: number | undefined;
  const seen = (): void => {
    first ??= systemTime.monotonic() - began;
  };
  session.on("output", seen);
  const { outcome } = await session.score();
  session.off("output", seen);
  if (outcome.kind !== "scored" || first === undefined) {
    throw new Error(`the attempt is ${outcome.kind}`);
  }
  return first;
}

/** What a person does without us. */
class ByHand {
  private readonly ssh: string[];
  private readonly folder: string;

  constructor(
    place: string,
    private readonly server: OpensshServer,
    private readonly boxRoot: string,
  ) {
    this.folder = join(place, "by-hand");
    const control = join(place, "control");
    this.ssh = ["-i", server.keyFile, "-o", `UserKnownHostsFile=${server.knownHosts}`, "-o", "IdentitiesOnly=yes", "-F", "none", "-p", String(server.port), "-S", control];
  }

  async connect(): Promise<void> {
    await run("ssh", [...this.ssh, "-M", "-f", "-N", "-o", "ControlPersist=yes", "127.0.0.1"]);
  }

  async firstLine(workspace: string): Promise<number> {
    const began = systemTime.monotonic();
    await run("rsync", ["-a", "-e", ["ssh", ...this.ssh].join(" "), `${workspace}/`, `127.0.0.1:${this.folder}/`]);
    const command = `cd '${this.folder}' && BASELINER_RESULT='${this.folder}-result.json' PYTHONDONTWRITEBYTECODE=1 python3 '${this.boxRoot}/scoring/score.py'`;
    const child = spawn("ssh", [...this.ssh, "127.0.0.1", command], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    const milliseconds = systemTime.monotonic() - began;
    if (child.exitCode === null) {
      await once(child, "exit");
    }
    return milliseconds;
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
