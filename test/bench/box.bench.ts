// What it takes to get files to a box and back, against rsync and scp over the same sshd with the same key,
// each with a connection of its own as they make it. Ours flushes what it brings to the disk before it counts
// as brought, on both sides; rsync and scp do not.
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { sha256OfFile, systemTime } from "../../src/base";
import { SshBox, SshConnection } from "../../src/boxes/ssh";
import { Mirror } from "../../src/workspace";
import { OpensshServer } from "../support/openssh-server";

/** What is measured against, and the packages of Debian that bring it. */
export const programs = { "/usr/sbin/sshd": "openssh-server", ssh: "openssh-client", scp: "openssh-client", rsync: "rsync" };

const files = 2000;
const largeMB = 200;
const rounds = { mirror: 5, save: 9, large: 3 };

const run = promisify(execFile);

export async function bench() {
  const place = mkdtempSync(join(tmpdir(), "baseliner-bench-"));
  mkdirSync(join(place, "sshd"));
  const server = await OpensshServer.launch(join(place, "sshd"));
  const bed = new Bed(place, server);
  try {
    return [...(await firstMirror(bed)), await savedFile(bed), ...(await largeFile(bed))];
  } finally {
    await server.stop();
    rmSync(place, { recursive: true, force: true });
  }
}

/** The folders and the server that all is measured with. */
class Bed {
  private made = 0;

  constructor(
    readonly place: string,
    readonly server: OpensshServer,
  ) {}

  folder(): string {
    this.made += 1;
    const folder = join(this.place, `${this.made}`);
    mkdirSync(folder);
    return folder;
  }

  async connect(): Promise<SshBox> {
    const connection = new SshConnection(this.server.target());
    await connection.connect();
    return new SshBox(connection);
  }

  mirror(root: string, box: SshBox, boxFolder: string): Mirror {
    const scope = { ignore: [], pull: [], maxFileMB: 2 * largeMB };
    return new Mirror({ root, box, boxFolder, scope, baselineFile: join(this.folder(), "mirror", "baseline.jsonl"), time: systemTime });
  }

  private get options(): string[] {
    return ["-i", this.server.keyFile, "-o", `UserKnownHostsFile=${this.server.knownHosts}`, "-o", "IdentitiesOnly=yes", "-F", "none"];
  }

  async rsync(from: string, to: string): Promise<void> {
    await run("rsync", ["-a", "-e", ["ssh", ...this.options, "-p", String(this.server.port)].join(" "), `${from}/`, `127.0.0.1:${to}/`]);
  }

  async scp(...paths: string[]): Promise<void> {
    await run("scp", ["-q", "-r", ...this.options, "-P", String(this.server.port), ...paths]);
  }
}

/** Source-like files of 1 to 50 kB, in 40 folders. */
function manyFiles(folder: string): string {
  for (let at = 0; at < files; at += 1) {
    const inner = join(folder, `package-${at % 40}`);
    mkdirSync(inner, { recursive: true });
    writeFileSync(join(inner, `module-${at}.py`), randomBytes(1000 + ((at * 7919) % 49_000)));
  }
  return folder;
}

async function firstMirror(bed: Bed) {
  const tree = manyFiles(bed.folder());
  const [ours, rsync, scp]: number[][] = [[], [], []];
  for (let round = 0; round < rounds.mirror; round += 1) {
    const target = join(bed.folder(), "workspace");
    let summary = 0;
    ours?.push(
      await timed(async () => {
        const box = await bed.connect();
        const mirror = bed.mirror(tree, box, target);
        summary = (await mirror.settle()).uploaded.length;
        await mirror.dispose();
        box.connection.close();
      }),
    );
    if (summary !== files) {
      throw new Error(`only ${summary} files were mirrored`);
    }
    // Nothing is removed in between: ext4 passes over what was deleted in the last seconds whenever it makes a file, which
    // would make whoever comes first wait.
    rsync?.push(await timed(() => bed.rsync(tree, join(bed.folder(), "workspace"))));
    scp?.push(await timed(() => bed.scp(tree, `127.0.0.1:${join(bed.folder(), "workspace")}`)));
  }
  const note = "from connecting to both sides agreed; ours hashes both sides, flushes to the disk and stores a baseline";
  return [
    { ...compared(`first mirror of ${files} files of 1-50 kB, against rsync -a`, ours, rsync), target: 1.5, note },
    { ...compared(`first mirror of ${files} files of 1-50 kB, against scp -r`, ours, scp), target: 1, note },
  ];
}

async function savedFile(bed: Bed) {
  const tree = manyFiles(bed.folder());
  const [target, forRsync] = [join(bed.folder(), "workspace"), join(bed.folder(), "workspace")];
  const box = await bed.connect();
  const mirror = bed.mirror(tree, box, target);
  await bed.rsync(tree, forRsync);
  mirror.start();
  await mirror.settle();
  // The watcher says nothing before it has listed the folder.
  await delay(1500);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds.save; round += 1) {
    const name = join("package-7", `module-${7 + 40 * round}.py`);
    const content = randomBytes(20_000);
    ours.push(
      await timed(async () => {
        writeFileSync(join(tree, name), content);
        while (!readFileSync(join(target, name)).equals(content)) {
          await delay(1);
        }
      }),
    );
    theirs.push(await timed(() => bed.rsync(tree, forRsync)));
    if (!readFileSync(join(forRsync, name)).equals(content)) {
      throw new Error("rsync did not bring the file");
    }
  }
  await mirror.dispose();
  box.connection.close();
  return {
    ...compared(`one saved file of ${files} seen on the box, against rsync -a of the tree`, ours, theirs),
    target: 0.5,
    note: "ours over the connection that stands, its wait of 100 ms for the save to end included; rsync connects and looks through the tree",
  };
}

async function largeFile(bed: Bed) {
  const [here, there] = [bed.folder(), bed.folder()];
  const hash = createHash("sha256");
  const file = openSync(join(here, "weights.bin"), "w");
  for (let megabyte = 0; megabyte < largeMB; megabyte += 1) {
    const piece = randomBytes(1_000_000);
    hash.update(piece);
    writeSync(file, piece);
  }
  closeSync(file);
  const content = hash.digest("hex");
  const grown = { up: 0, down: 0 };
  const [up, scpUp, down, scpDown]: number[][] = [[], [], [], []];
  for (let round = 0; round < rounds.large; round += 1) {
    for (const side of ["up", "down"] as const) {
      const [root, boxFolder] = side === "up" ? [here, bed.folder()] : [bed.folder(), here];
      const measured = await peakOf(() =>
        timed(async () => {
          const box = await bed.connect();
          const mirror = bed.mirror(root, box, boxFolder);
          const { uploaded, downloaded } = await mirror.settle();
          if (uploaded.length + downloaded.length !== 1) {
            throw new Error("the large file was not brought over");
          }
          await mirror.dispose();
          box.connection.close();
        }),
      );
      (side === "up" ? up : down)?.push(measured.result);
      grown[side] = Math.max(grown[side], measured.megabytes);
      const copy = join(there, `scp-${side}`);
      const [from, to] = side === "up" ? [join(here, "weights.bin"), `127.0.0.1:${copy}`] : [`127.0.0.1:${join(here, "weights.bin")}`, copy];
      (side === "up" ? scpUp : scpDown)?.push(await timed(() => bed.scp(from, to)));
      const brought = join(side === "up" ? boxFolder : root, "weights.bin");
      if (statSync(brought).size !== statSync(copy).size || (await sha256OfFile(brought)).sha256 !== content) {
        throw new Error("the large file is not what it was");
      }
      rmSync(brought);
      rmSync(copy);
    }
  }
  const note = (megabytes: number): string => `our memory grew by ${megabytes.toFixed(0)} MB at most; ours hashes the file where it lies, checks it on the way and flushes it`;
  return [
    { ...compared(`a file of ${largeMB} MB mirrored to the box, against scp`, up, scpUp), target: 1.5, note: note(grown.up) },
    { ...compared(`a file of ${largeMB} MB mirrored from the box, against scp`, down, scpDown), target: 1.5, note: note(grown.down) },
  ];
}

/** By how many MB this process's memory grew at most while something was done. */
async function peakOf<Result>(act: () => Promise<Result>): Promise<{ result: Result; megabytes: number }> {
  (globalThis as { gc?: () => void }).gc?.();
  const before = process.memoryUsage().rss;
  let most = before;
  const measuring = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 20);
  try {
    return { result: await act(), megabytes: (most - before) / 1e6 };
  } finally {
    clearInterval(measuring);
  }
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const began = systemTime.monotonic();
  await act();
  return systemTime.monotonic() - began;
}

function compared(what: string, ours: readonly number[] = [], theirs: readonly number[] = []) {
  const [our, their] = [median(ours), median(theirs)];
  return { what, ours: `${our.toFixed(0)} ms`, theirs: `${their.toFixed(0)} ms`, ratio: our / their };
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
