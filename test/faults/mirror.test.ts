import { spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { errorOf, sha256OfFile, systemTime } from "../../src/base";
import { type Box, BoxError, type FileChange, LocalBox } from "../../src/boxes";
import { type BulkDelete, type Conflict, Mirror, type MirrorOptions } from "../../src/workspace";
import { supervisor } from "../support/build";
import { Sshd, whyNoSshd } from "../support/sshd";
import { temporaryFolder } from "../support/temporary-folder";

let root: string;
let boxFolder: string;
let baselineFile: string;
/** What mirrors have as their box unless told otherwise. */
let usualBox: Box;

beforeEach(() => {
  const folder = temporaryFolder();
  root = join(folder, "session", "workspace");
  baselineFile = join(folder, "session", "mirror", "baseline.jsonl");
  boxFolder = join(folder, "box", "workspace");
  for (const made of [root, dirname(baselineFile), boxFolder]) {
    mkdirSync(made, { recursive: true });
  }
  usualBox = localBox();
});

function localBox(): Box {
  return new LocalBox(supervisor, systemTime);
}

/** A box of which a test replaces some operations; those on many files are then made of those on one. */
function boxWith(changes: Partial<Box>): Box {
  const real = localBox();
  const one = new Proxy(real, {
    get(target, name): unknown {
      const changed: unknown = Reflect.get(changes, name);
      const value: unknown = changed ?? Reflect.get(target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  const made = async (folder: string, change: FileChange): Promise<void> => {
    if (change.make === "file") {
      const content = change.content instanceof Uint8Array ? piece(change.content) : change.content;
      await one.writeFile(join(folder, change.path), content, change);
    } else {
      for await (const { failure } of real.changeFiles(folder, [change])) {
        if (failure !== undefined) {
          throw failure;
        }
      }
    }
  };
  const many: Pick<Box, "changeFiles" | "readFiles"> = {
    changeFiles: async function* (folder, wanted) {
      for await (const change of wanted) {
        const failure = await made(folder, change).then(
          () => undefined,
          (error: unknown) => errorOf(error),
        );
        if (failure instanceof BoxError && failure.reason === "unreachable") {
          throw failure;
        }
        yield { path: change.path, failure };
      }
    },
    readFiles: async function* (folder, paths) {
      for (const path of paths) {
        yield await Promise.resolve({ path, content: one.readStream(join(folder, path)) });
      }
    },
  };
  return new Proxy(one, {
    get(target, name): unknown {
      return Reflect.get(changes, name) === undefined ? ((Reflect.get(many, name) as unknown) ?? Reflect.get(target, name)) : Reflect.get(target, name);
    },
  });
}

async function* piece(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield await Promise.resolve(bytes);
}

function mirror(changes: Partial<MirrorOptions> = {}): Mirror {
  const made = new Mirror({
    root,
    box: usualBox,
    boxFolder,
    scope: { ignore: ["__pycache__/"], pull: ["logs/"], maxFileMB: 1 },
    baselineFile,
    time: systemTime,
    debounce: 30,
    ...changes,
  });
  onTestFinished(() => made.dispose());
  return made;
}

function write(folder: string, path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

/** All that lies under a folder: content, executable bit, target of a link. */
function tree(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const place = join(entry.parentPath, entry.name);
    const path = place.slice(folder.length + 1);
    if (entry.isSymbolicLink()) {
      found[path] = `-> ${readlinkSync(place)}`;
    } else if (entry.isFile()) {
      found[path] = `${(statSync(place).mode & 0o100) !== 0 ? "x " : ""}${readFileSync(place, "latin1")}`;
    }
  }
  return found;
}

function expectAgreement(): void {
  expect(tree(root)).toEqual(tree(boxFolder));
}

describe.each<{ name: string; newBox: () => Promise<Box>; skip?: boolean; many: number }>([
  { name: "this computer", newBox: () => Promise.resolve(localBox()), many: 1000 },
  { name: "a box over SSH", newBox: async () => await (await Sshd.start()).box(), skip: whyNoSshd !== undefined, many: 300 },
  { name: "a box over SSH without Python", newBox: async () => await (await Sshd.start({ config: ["SetEnv BASELINER_WITHOUT_PYTHON=1"] })).box(), skip: whyNoSshd !== undefined, many: 60 },
])("a full comparison with $name", ({ newBox, skip = false, many }) => {
  beforeEach(async (context) => {
    context.skip(skip);
    usualBox = await newBox();
  });

  test("brings each side what only the other has, and then has nothing left to do", async () => {
    write(root, "here.py", "here");
    write(root, "deep/er/empty", "");
    write(boxFolder, "there.bin", new Uint8Array([0, 255, 13, 10]));
    write(boxFolder, "run.sh", "#!/bin/sh");
    chmodSync(join(boxFolder, "run.sh"), 0o755);
    write(root, "ü ' \"*[x].py", "odd");
    symlinkSync("here.py", join(root, "link"));
    const made = mirror();
    const first = await made.settle();
    expect([...first.uploaded].sort()).toEqual(["deep/er/empty", "here.py", "link", "ü ' \"*[x].py"]);
    expect([...first.downloaded].sort()).toEqual(["run.sh", "there.bin"]);
    expectAgreement();
    expect(tree(root)["run.sh"]).toBe("x #!/bin/sh");
    expect(made.state).toEqual({ kind: "in-step" });
    expect(await made.settle()).toEqual({ uploaded: [], downloaded: [], deleted: [], conflicts: [], leftOut: [] });
    expect(await mirror().settle()).toMatchObject({ uploaded: [], downloaded: [] });
  });

  test("makes the folder on the box where there is none yet", async () => {
    rmSync(boxFolder, { recursive: true });
    write(root, "a.py", "a");
    await mirror().settle();
    expectAgreement();
  });

  test("brings edits, deletes, executable bits and links both ways", async () => {
    for (const name of ["a", "b", "c", "d", "e", "f", "dir/g"]) {
      write(root, name, name);
    }
    const made = mirror();
    await made.settle();
    write(root, "a", "a changed here");
    write(boxFolder, "b", "b changed there");
    rmSync(join(root, "c"));
    rmSync(join(boxFolder, "d"));
    rmSync(join(boxFolder, "dir"), { recursive: true });
    chmodSync(join(root, "e"), 0o755);
    chmodSync(join(boxFolder, "f"), 0o755);
    symlinkSync("a", join(boxFolder, "l"));
    const summary = await made.settle();
    expect(summary.deleted.map(({ side, path }) => `${path} ${side}`).sort()).toEqual(["c box", "d here", "dir/g here"]);
    expect(tree(root)).toEqual({ a: "a changed here", b: "b changed there", e: "x e", f: "x f", l: "-> a" });
    expectAgreement();
    expect(existsSync(join(root, "dir"))).toBe(false);
    expect(summary.conflicts).toEqual([]);
  });

  test("keeps both versions of what was changed on both sides, and says so once", async () => {
    write(root, "train.py", "start");
    const made = mirror();
    const told: Conflict[] = [];
    made.on("conflict", (conflict) => told.push(conflict));
    await made.settle();
    write(root, "train.py", "mine");
    write(boxFolder, "train.py", "theirs");
    await made.settle();
    const keptAs = Object.keys(tree(root)).find((path) => path.includes("from-box")) ?? "";
    expect(tree(root)).toEqual({ "train.py": "mine", [keptAs]: "theirs" });
    expectAgreement();
    expect(told).toEqual([{ path: "train.py", keptAs }]);
    expect(made.state).toEqual({ kind: "conflict", copies: [keptAs] });
    await made.settle();
    expect(told.length).toBe(1);
    rmSync(join(root, keptAs));
    await made.settle();
    expect(made.state).toEqual({ kind: "in-step" });
    expectAgreement();
  });

  test("leaves ignored, large, pulled, escaping and special files where they are", async () => {
    write(root, "__pycache__/x.pyc", "x");
    write(root, "big.bin", Buffer.alloc(1024 * 1024 + 1));
    write(boxFolder, "bigger.bin", Buffer.alloc(1024 * 1024 + 2));
    write(boxFolder, "logs/train.log", "loss");
    write(root, "logs/mine.log", "mine");
    for (const path of [".git/hooks/pre-commit", ".vscode/tasks.json", "sub/.VSCode/settings.json", ".devcontainer/devcontainer.json", "x.code-workspace"]) {
      write(boxFolder, path, "hostile");
    }
    symlinkSync("/etc/passwd", join(boxFolder, "passwd"));
    symlinkSync("../..", join(root, "up"));
    const made = mirror();
    const summary = await made.settle();
    expect(summary.uploaded).toEqual([]);
    expect(summary.downloaded).toEqual(["logs/train.log"]);
    expect(summary.leftOut.map(({ path, side, reason }) => `${path} ${side} ${reason}`)).toEqual([
      "big.bin here large",
      "bigger.bin box large",
      "logs/mine.log here pull-only",
      "passwd box link-outside",
      "up here link-outside",
    ]);
    expect(Object.keys(tree(root)).sort()).toEqual(["__pycache__/x.pyc", "big.bin", "logs/mine.log", "logs/train.log", "up"]);
  });

  test("never writes outside the workspace, whatever the box lists", async () => {
    const outside = temporaryFolder();
    symlinkSync(outside, join(root, "way-out"));
    const content = "hostile";
    const entry = { kind: "file", bytes: 7, sha256: "a".repeat(64), executable: true } as const;
    const paths = ["../../escaped", "/tmp/escaped", "way-out/escaped", "a/../../escaped", "a\nb", "__pycache__/../../x"];
    const box = boxWith({
      scan: () => Promise.resolve(new Map(paths.map((path) => [path, entry]))),
      readStream: async function* () {
        yield await Promise.resolve(Buffer.from(content));
      },
    });
    const summary = await mirror({ box }).settle();
    expect(summary.downloaded).toEqual([]);
    expect(readdirSync(outside)).toEqual([]);
    expect(readdirSync(root)).toEqual(["way-out"]);
  });

  test("does not write through a link that takes a folder's place during the comparison", async () => {
    const outside = temporaryFolder();
    // So large that it is placed while it comes.
    write(boxFolder, "dir/new.py", "new".repeat(300_000));
    const real = localBox();
    const box = boxWith({
      readStream: async function* (path) {
        rmSync(join(root, "dir"), { recursive: true });
        symlinkSync(outside, join(root, "dir"));
        yield* real.readStream(path);
      },
    });
    const summary = await mirror({ box }).settle();
    expect(readdirSync(outside)).toEqual([]);
    expect(summary.downloaded).toEqual([]);
  });

  test(`takes ${2 * many} small files over, both ways`, async () => {
    for (let at = 0; at < many; at += 1) {
      write(root, `here/${at % 20}/${at}.py`, `here ${at}`);
      write(boxFolder, `there/${at % 20}/${at}.py`, `there ${at}`);
    }
    const made = mirror();
    const summary = await made.settle();
    expect([summary.uploaded.length, summary.downloaded.length]).toEqual([many, many]);
    expectAgreement();
    expect(made.agreed.size).toBe(2 * many);
  });
});

test("a large file is never held in memory, in either direction", async () => {
  const chunk = Buffer.alloc(1024 * 1024, "0123456789");
  for (let megabyte = 0; megabyte < 150; megabyte += 1) {
    appendFileSync(join(root, "up.bin"), chunk);
    appendFileSync(join(boxFolder, "down.bin"), chunk);
  }
  const before = process.memoryUsage().rss;
  let most = before;
  const measuring = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 10);
  await mirror({ scope: { ignore: [], pull: [], maxFileMB: 200 } }).settle();
  clearInterval(measuring);
  expect(statSync(join(boxFolder, "up.bin")).size).toBe(150 * chunk.length);
  expect((await sha256OfFile(join(root, "down.bin"))).sha256).toBe((await sha256OfFile(join(boxFolder, "up.bin"))).sha256);
  expect((most - before) / chunk.length).toBeLessThan(100);
});

const canMount = process.platform === "linux" && process.getuid?.() === 0 && spawnSync("unshare", ["-m", "true"]).status === 0;

test.skipIf(!canMount)("a full disk here pauses with one sentence, damages nothing, and goes on once there is room", async () => {
  const disk = temporaryFolder();
  expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk]).status).toBe(0);
  onTestFinished(() => {
    spawnSync("umount", ["-l", disk]);
  });
  root = join(disk, "workspace");
  mkdirSync(root);
  write(root, "mine.py", "mine");
  for (const name of ["a", "b", "c", "d"]) {
    write(boxFolder, name, Buffer.alloc(900_000, name));
  }
  const made = mirror({ baselineFile: join(disk, "mirror", "baseline.jsonl") });
  await expect(made.settle()).rejects.toMatchObject({ reason: "disk-full" });
  expect(made.state).toMatchObject({ kind: "paused", reason: "disk-full", text: expect.stringContaining("disk of this computer is full") as string });
  const here = tree(root);
  expect(here["mine.py"]).toBe("mine");
  expect(Object.entries(here).every(([path, content]) => path === "mine.py" || content.length === 900_000)).toBe(true);
  expect(readdirSync(join(disk, "mirror", "incoming"))).toEqual([]);
  rmSync(join(boxFolder, "c"));
  rmSync(join(boxFolder, "d"));
  for (const name of ["c", "d"]) {
    rmSync(join(root, name), { force: true });
  }
  await made.resume();
  expect(made.state).toEqual({ kind: "in-step" });
  expectAgreement();
});

describe("a bulk delete", () => {
  async function settled(count: number): Promise<Mirror> {
    for (let at = 0; at < count; at += 1) {
      write(root, `f${at}`, `${at}`);
    }
    const made = mirror();
    await made.settle();
    return made;
  }

  test("asks, deletes nothing meanwhile, and is carried out when it is meant", async () => {
    const made = await settled(30);
    const asked: BulkDelete[] = [];
    made.on("question", (question) => asked.push(question));
    for (let at = 0; at < 25; at += 1) {
      rmSync(join(boxFolder, `f${at}`));
    }
    const summary = await made.settle();
    expect(summary.question).toMatchObject({ side: "here" });
    expect(asked.length).toBe(1);
    expect(made.state).toMatchObject({ kind: "paused", reason: "question" });
    expect(readdirSync(root).length).toBe(30);
    await made.answer("delete");
    expect(readdirSync(root).length).toBe(5);
    expect(made.state).toEqual({ kind: "in-step" });
    expectAgreement();
  });

  test("is undone where it was not meant", async () => {
    const made = await settled(25);
    for (const name of readdirSync(root)) {
      rmSync(join(root, name));
    }
    expect((await made.settle()).question).toMatchObject({ side: "box" });
    await made.answer("bring-back");
    expect(readdirSync(root).length).toBe(25);
    expectAgreement();
  });

  test("is what a folder that is gone from the box looks like", async () => {
    const made = await settled(3);
    rmSync(boxFolder, { recursive: true });
    expect((await made.settle()).question?.paths.length).toBe(3);
    expect(readdirSync(root).length).toBe(3);
    await made.answer("bring-back");
    expectAgreement();
  });

  test("is not what a workspace that is gone looks like", async () => {
    const made = await settled(3);
    rmSync(root, { recursive: true });
    await expect(made.settle()).rejects.toMatchObject({ reason: "workspace-missing" });
    expect(readdirSync(boxFolder).length).toBe(3);
  });
});

describe("a damaged baseline", () => {
  test.each(["", "{", '{"format":1}\n', "cut"])("deletes nothing (%j)", async (damage) => {
    write(root, "a", "a");
    write(root, "b", "b");
    await mirror().settle();
    if (damage === "cut") {
      const whole = readFileSync(baselineFile, "utf8");
      writeFileSync(baselineFile, whole.split("\n").slice(0, 2).join("\n"));
    } else {
      writeFileSync(baselineFile, damage);
    }
    rmSync(join(boxFolder, "a"));
    write(boxFolder, "b", "other");
    const summary = await mirror().settle();
    expect(summary.deleted).toEqual([]);
    expect(tree(boxFolder)["a"]).toBe("a");
    expect(Object.values(tree(root)).sort()).toEqual(["a", "b", "other"]);
    expectAgreement();
  });

  test("nor does one of another folder", async () => {
    write(root, "a", "a");
    write(root, "b", "b");
    await mirror().settle();
    const other = join(temporaryFolder(), "other");
    const summary = await mirror({ boxFolder: other }).settle();
    expect(summary.deleted).toEqual([]);
    expect(readdirSync(other).sort()).toEqual(["a", "b"]);
  });
});

describe("while files change", () => {
  test("a file that is truncated while it is read never arrives torn", async () => {
    write(root, "model.bin", Buffer.alloc(900_000, 1));
    const real = localBox();
    let tries = 0;
    const box = boxWith({
      writeFile: async (path, content, options) => {
        tries += 1;
        if (tries > 1) {
          await real.writeFile(path, content, options);
          return;
        }
        const slowly = async function* (): AsyncIterable<Uint8Array> {
          for await (const chunk of content as AsyncIterable<Uint8Array>) {
            yield chunk;
            truncateSync(join(root, "model.bin"), 10);
          }
        };
        await real.writeFile(path, slowly(), options).finally(() => {
          expect(readdirSync(boxFolder)).toEqual([]);
        });
      },
    });
    const summary = await mirror({ box }).settle();
    expect(tries).toBe(2);
    expect(summary.uploaded).toEqual(["model.bin"]);
    expect(statSync(join(boxFolder, "model.bin")).size).toBe(10);
  });

  test("a file that changes here after it was compared is not overwritten", async () => {
    write(root, "a", "start");
    const made = mirror();
    await made.settle();
    write(boxFolder, "a", "theirs");
    const real = localBox();
    const box = boxWith({
      readStream: async function* (path) {
        writeFileSync(join(root, "a"), "mine");
        yield* real.readStream(path);
      },
    });
    await mirror({ box }).settle();
    expect(Object.values(tree(root)).sort()).toEqual(["mine", "theirs"]);
    expectAgreement();
  });

  test("a file that changes on the box after it was compared is not overwritten", async () => {
    write(root, "a", "start");
    await mirror().settle();
    write(root, "a", "mine");
    const real = localBox();
    let isFirst = true;
    const box = boxWith({
      scan: async (folder, scope) => {
        const manifest = await real.scan(folder, scope);
        if (isFirst) {
          isFirst = false;
          write(boxFolder, "a", "theirs");
        }
        return manifest;
      },
    });
    await mirror({ box }).settle();
    expect(Object.values(tree(root)).sort()).toEqual(["mine", "theirs"]);
    expectAgreement();
  });

  test("a file that the box only fails to list is not deleted here", async () => {
    write(root, "a", "a");
    write(root, "b", "b");
    await mirror().settle();
    const real = localBox();
    const box = boxWith({
      scan: async (folder, scope) => new Map([...(await real.scan(folder, scope))].filter(([path]) => path !== "a")),
    });
    const summary = await mirror({ box }).settle();
    expect(summary.deleted).toEqual([]);
    expect(summary.leftOut).toEqual([{ path: "a", side: "box", reason: "being-written" }]);
    expect(readdirSync(root)).toEqual(["a", "b"]);
  });

  test("a file that the box never stops writing holds nothing up", async () => {
    write(boxFolder, "growing.log", "x");
    write(boxFolder, "still.py", "still");
    const real = localBox();
    const box = boxWith({
      readStream: async function* (path) {
        yield* real.readStream(path);
        if (path.endsWith("growing.log")) {
          yield Buffer.from("more");
        }
      },
    });
    const summary = await mirror({ box }).settle();
    expect(summary.downloaded).toEqual(["still.py"]);
    expect(summary.leftOut).toEqual([{ path: "growing.log", side: "box", reason: "being-written" }]);
  });
});

describe("a box that fails", () => {
  test("in the middle keeps what was done, and the rest is done when it is back", async () => {
    for (let at = 0; at < 40; at += 1) {
      write(root, `f${at}`, `${at}`);
    }
    const real = localBox();
    let left = 15;
    const box = boxWith({
      writeFile: async (path, content, options) => {
        left -= 1;
        if (left < 0) {
          throw new BoxError("unreachable", "The connection was lost.");
        }
        await real.writeFile(path, content, options);
      },
    });
    const made = mirror({ box });
    await expect(made.settle()).rejects.toMatchObject({ reason: "unreachable" });
    expect(made.state).toMatchObject({ kind: "paused", reason: "unreachable" });
    expect(readdirSync(boxFolder).length).toBe(15);
    left = Infinity;
    await made.resume();
    expect(made.state).toEqual({ kind: "in-step" });
    expectAgreement();
  });

  test("in the middle of a file leaves the old one there", async () => {
    write(root, "a", "old");
    await mirror().settle();
    write(root, "a", "new".repeat(1000));
    const real = localBox();
    const box = boxWith({
      writeFile: async (path, content, options) => {
        const cut = async function* (): AsyncIterable<Uint8Array> {
          for await (const chunk of content as AsyncIterable<Uint8Array>) {
            yield chunk.subarray(0, 10);
            throw new BoxError("unreachable", "The connection was lost.");
          }
        };
        await real.writeFile(path, cut(), options);
      },
    });
    await expect(mirror({ box }).settle()).rejects.toMatchObject({ reason: "unreachable" });
    expect(tree(boxFolder)).toEqual({ a: "old" });
    await mirror().settle();
    expectAgreement();
  });

  test("for one file alone brings all others and says which is missing", async () => {
    write(root, "a", "a");
    write(root, "b", "b");
    const real = localBox();
    const box = boxWith({
      writeFile: async (path, content, options) => {
        if (path.endsWith("/a")) {
          throw new BoxError("permission-denied", "permission was denied.");
        }
        await real.writeFile(path, content, options);
      },
    });
    await expect(mirror({ box }).settle()).rejects.toMatchObject({ reason: "incomplete", message: expect.stringMatching(/^a could not be brought/) as string });
    expect(tree(boxFolder)).toEqual({ b: "b" });
  });

  test("by never answering can be given up", async () => {
    const made = mirror({ box: boxWith({ scan: () => new Promise(() => undefined) }) });
    const giving = new AbortController();
    const settling = made.settle(giving.signal);
    giving.abort(new Error("given up"));
    await expect(settling).rejects.toThrow("given up");
    expect(made.state).toMatchObject({ kind: "paused", reason: "cancelled" });
  });
});

describe("watching", () => {
  async function started(changes: Partial<MirrorOptions> = {}): Promise<Mirror> {
    const made = mirror(changes);
    made.start();
    await vi.waitFor(() => {
      expect(made.state.kind).toBe("in-step");
    }, 30_000);
    // The watcher reports nothing before it has listed the folder.
    await new Promise((resolve) => setTimeout(resolve, 200));
    return made;
  }

  test("brings a saved file to the box without a full comparison", async () => {
    write(root, "dir/a.py", "a");
    const real = localBox();
    const scan = vi.fn((...args: Parameters<Box["scan"]>) => real.scan(...args));
    await started({ box: boxWith({ scan }) });
    const before = scan.mock.calls.length;
    write(root, "dir/a.py", "saved");
    write(root, "new.py", "new");
    await vi.waitFor(() => {
      expectAgreement();
    }, 30_000);
    expect(scan.mock.calls.length).toBe(before);
  });

  test("brings a delete, and is not misled by what it wrote itself", async () => {
    write(root, "a", "a");
    write(root, "b", "b");
    const made = await started();
    rmSync(join(root, "a"));
    await vi.waitFor(() => {
      expect(tree(boxFolder)).toEqual({ b: "b" });
    }, 30_000);
    write(boxFolder, "b", "from the box");
    const writes = vi.spyOn(LocalBox.prototype, "changeFiles");
    onTestFinished(() => {
      writes.mockRestore();
    });
    await made.settle();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(tree(root)).toEqual({ b: "from the box" });
    expect(writes).not.toHaveBeenCalled();
  });

  test("finds a change on the box that a saved file would overwrite", async () => {
    write(root, "a", "start");
    await started();
    write(boxFolder, "a", "theirs");
    write(root, "a", "mine");
    await vi.waitFor(() => {
      expect(Object.values(tree(boxFolder)).sort()).toEqual(["mine", "theirs"]);
      expectAgreement();
    }, 30_000);
  });

  test("that has stopped is made up for by the next full comparison", async () => {
    write(root, "a", "a");
    const made = await started({ comparisonInterval: 400 });
    await (made as unknown as { watcher: { close(): Promise<void> } }).watcher.close();
    write(root, "a", "unseen");
    await vi.waitFor(() => {
      expectAgreement();
    }, 30_000);
  });

  test.each(["at once", "after a hold"])("that misses what comes with a new folder makes up for it %s", async (when) => {
    write(root, "a", "a");
    const made = await started();
    const { watcher } = made as unknown as { watcher: { watcher: NodeJS.EventEmitter; close(): Promise<void> } };
    const listeners = watcher.watcher.listeners("all") as ((event: string, path: string) => void)[];
    await watcher.close();
    const release = when === "at once" ? undefined : await made.hold();
    write(root, "folder/unseen", "unseen");
    // All that is heard of it.
    listeners.forEach((listener) => listener("addDir", join(root, "folder")));
    if (release !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, 1300));
      expect(tree(boxFolder)).toEqual({ a: "a" });
      release();
    }
    await vi.waitFor(() => {
      expectAgreement();
      expect(tree(boxFolder)).toMatchObject({ "folder/unseen": "unseen" });
    }, 10_000);
  });

  test("tells once that the system's limit of watched files is reached", async () => {
    const made = await started();
    const told: string[] = [];
    made.on("notice", (text) => told.push(text));
    const { watcher } = (made as unknown as { watcher: { watcher: NodeJS.EventEmitter } }).watcher;
    for (let times = 0; times < 3; times += 1) {
      watcher.emit("error", Object.assign(new Error("no space"), { code: "ENOSPC" }));
    }
    expect(told).toEqual([expect.stringContaining("limit of watched files")]);
  });

  test("only notes what is saved while the mirror is held, and brings it over after the release", async () => {
    write(root, "a", "a");
    const made = await started();
    const release = await made.hold();
    const releaseOther = await made.hold();
    expect(made.state).toEqual({ kind: "held", waiting: 0 });
    write(root, "a", "saved while held");
    write(boxFolder, "b", "made by what runs there");
    await vi.waitFor(() => {
      expect(made.state).toEqual({ kind: "held", waiting: 1 });
    }, 30_000);
    const settled = made.settle();
    releaseOther();
    releaseOther();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([tree(root), tree(boxFolder)]).toEqual([{ a: "saved while held" }, { a: "a", b: "made by what runs there" }]);
    expect(await made.changedSinceSettled()).toEqual(["a"]);
    release();
    await settled;
    expectAgreement();
    expect(made.state).toEqual({ kind: "in-step" });
    write(root, "a", "saved after the release");
    await vi.waitFor(expectAgreement, 5000);
  });

  test("brings what was saved while the mirror was held without being told to", async () => {
    write(root, "a", "a");
    const made = await started();
    const release = await made.hold();
    write(root, "a", "saved while held");
    await vi.waitFor(() => {
      expect(made.state).toEqual({ kind: "held", waiting: 1 });
    }, 30_000);
    release();
    await vi.waitFor(expectAgreement, 5000);
  });

  test("who waits for a held mirror can give up, and closing it ends the hold", async () => {
    write(root, "a", "a");
    const made = mirror();
    const release = await made.hold();
    const giving = new AbortController();
    const settling = made.settle(giving.signal);
    giving.abort(new Error("given up"));
    await expect(settling).rejects.toThrow("given up");
    expect(made.state).toMatchObject({ kind: "held" });
    const waiting = made.settle();
    waiting.catch(() => undefined);
    await made.dispose();
    await expect(waiting).rejects.toMatchObject({ reason: "cancelled" });
    await expect(made.hold()).rejects.toMatchObject({ reason: "cancelled" });
    release();
    expect(tree(boxFolder)).toEqual({});
  });

  test("tells what changed here since both sides agreed", async () => {
    write(root, "a", "a");
    write(root, "b", "b");
    const made = mirror();
    await made.settle();
    expect(await made.changedSinceSettled()).toEqual([]);
    write(root, "b", "changed");
    expect(await made.changedSinceSettled()).toEqual(["b"]);
  });
});
