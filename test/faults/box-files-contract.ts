import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { sha256 } from "../../src/base";
import { type Box, BoxError, type ChangeOutcome, type FileChange } from "../../src/boxes";
import { temporaryFolder } from "../support/temporary-folder";

export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Numbered lines that are not all alike. */
const lines = (count: number): string => Array.from({ length: count }, (_, at) => `${at} ${"x".repeat(at % 50)}\n`).join("");

/** What every box must do with files; `newBox` makes one that ends with the test. */
export function describeFiles(newBox: () => Promise<Box>): void {
  describe("files", () => {
    test("come back as they were written, whatever their names", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      const names = ["plain.txt", "with space", "quote'd \"name\" $HOME `id`", "line\nbreak", "-rf", "ümläut 🎲", "back\\slash", "*"];
      for (const name of names) {
        const content = Buffer.from(`content of ${name}\0\xff`, "latin1");
        await box.writeFile(join(folder, "new folder", name), content);
        expect(readFileSync(join(folder, "new folder", name))).toEqual(content);
        expect(await box.readFile(join(folder, "new folder", name), 1000)).toEqual(content);
      }
      expect(readdirSync(join(folder, "new folder")).sort()).toEqual([...names].sort());
      expect([...(await box.scan(folder)).keys()].sort()).toEqual(names.map((name) => `new folder/${name}`).sort());
    });

    test("of any size are read and written as streams", async () => {
      const box = await newBox();
      const path = join(temporaryFolder(), "large");
      const piece = Buffer.from(lines(5000));
      await box.writeFile(path, (async function* () {
        for (let time = 0; time < 40; time += 1) {
          yield await Promise.resolve(piece);
        }
      })());
      const whole = Buffer.concat(Array.from({ length: 40 }, () => piece));
      expect(readFileSync(path).equals(whole)).toBe(true);
      expect((await collect(box.readStream(path))).equals(whole)).toBe(true);
      await box.writeFile(path, Buffer.alloc(0));
      expect(statSync(path).size).toBe(0);
      expect(await collect(box.readStream(path))).toHaveLength(0);
    });

    test("keep their old content when the new one breaks off", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      writeFileSync(join(folder, "kept"), "old");
      const broken = (async function* () {
        yield await Promise.resolve(Buffer.from("new"));
        throw new Error("the source broke");
      })();
      await expect(box.writeFile(join(folder, "kept"), broken)).rejects.toThrow("the source broke");
      expect(readFileSync(join(folder, "kept"), "utf8")).toBe("old");
      expect(readdirSync(folder)).toEqual(["kept"]);
    });

    test("are executable where that is asked for", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      await box.writeFile(join(folder, "tool"), Buffer.from("#!/bin/sh\n"), { executable: true });
      await box.writeFile(join(folder, "text"), Buffer.from("text"));
      expect(statSync(join(folder, "tool")).mode & 0o100).toBe(0o100);
      expect(statSync(join(folder, "text")).mode & 0o111).toBe(0);
    });

    test("that cannot be read say why", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      writeFileSync(join(folder, "ten"), "0123456789");
      symlinkSync(join(folder, "ten"), join(folder, "link"));
      execFileSync("mkfifo", [join(folder, "pipe")]);
      await expect(box.readFile(join(folder, "none"), 10)).rejects.toMatchObject({ reason: "path-missing" });
      await expect(box.readFile(join(folder, "ten"), 9)).rejects.toMatchObject({ reason: "file-too-large" });
      for (const name of ["link", "pipe", "."]) {
        await expect(box.readFile(join(folder, name), 10)).rejects.toMatchObject({ reason: "not-a-file" });
        await expect(collect(box.readStream(join(folder, name)))).rejects.toMatchObject({ reason: "not-a-file" });
      }
      await expect(collect(box.readStream(join(folder, "none")))).rejects.toMatchObject({ reason: "path-missing" });
    });

    test("are removed, and never what a link leads to, nor a folder", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      writeFileSync(join(folder, "target"), "kept");
      mkdirSync(join(folder, "inner"));
      await box.writeLink(join(folder, "link"), "target");
      await box.writeLink(join(folder, "to-folder"), "inner");
      await box.removeFile(join(folder, "link"));
      await box.removeFile(join(folder, "to-folder"));
      await box.removeFile(join(folder, "was never there"));
      await expect(box.removeFile(join(folder, "inner"))).rejects.toMatchObject({ name: "BoxError" });
      expect(readdirSync(folder).sort()).toEqual(["inner", "target"]);
    });

    test("and links take each other's place", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      mkdirSync(join(folder, "inner"));
      const path = join(folder, "new", "thing");
      await box.writeLink(path, "../inner");
      expect(readlinkSync(path)).toBe("../inner");
      await box.writeLink(path, "nowhere at all");
      expect(readlinkSync(path)).toBe("nowhere at all");
      await box.writeLink(path, "../inner");
      await box.writeFile(path, Buffer.from("file"));
      expect(lstatSync(path).isFile()).toBe(true);
      expect(readdirSync(join(folder, "inner"))).toEqual([]);
    });
  });

  describe("a change that expects something", () => {
    const startingWith = (folder: string): void => {
      writeFileSync(join(folder, "file"), "old");
      symlinkSync("old-target", join(folder, "link"));
      mkdirSync(join(folder, "inner"));
    };
    const oldFile = { kind: "file", sha256: sha256("old"), bytes: 3, executable: false } as const;

    test("is made where that is there", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      startingWith(folder);
      await box.writeFile(join(folder, "deep", "new"), Buffer.from("new"), { expect: { kind: "nothing" } });
      await box.writeLink(join(folder, "new-link"), "target", { expect: { kind: "nothing" } });
      await box.writeFile(join(folder, "file"), Buffer.from("new"), { expect: oldFile, executable: true });
      await box.writeFile(join(folder, "link"), Buffer.from("a file"), { expect: { kind: "link", target: "old-target" } });
      expect(readFileSync(join(folder, "deep", "new"), "utf8")).toBe("new");
      expect(readFileSync(join(folder, "file"), "utf8")).toBe("new");
      expect(lstatSync(join(folder, "link")).isFile()).toBe(true);
      await box.writeLink(join(folder, "link"), "elsewhere", { expect: { kind: "file", sha256: sha256("a file") } });
      expect(readlinkSync(join(folder, "link"))).toBe("elsewhere");
      await box.removeFile(join(folder, "file"), { expect: { kind: "file", sha256: sha256("new"), executable: true } });
      await box.removeFile(join(folder, "link"), { expect: { kind: "link", target: "elsewhere" } });
      await box.removeFile(join(folder, "gone"), { expect: { kind: "nothing" } });
      expect(readdirSync(folder).sort()).toEqual(["deep", "inner", "new-link"]);
    });

    test("fails as `changed` where anything else is, and leaves that alone", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      startingWith(folder);
      const changed = { name: "BoxError", reason: "changed" };
      for (const expect_ of [{ kind: "nothing" }, { ...oldFile, sha256: sha256("Old") }, { ...oldFile, executable: true }, { kind: "link", target: "old" }] as const) {
        await expect(box.writeFile(join(folder, "file"), Buffer.from("new"), { expect: expect_ })).rejects.toMatchObject(changed);
        await expect(box.writeLink(join(folder, "file"), "target", { expect: expect_ })).rejects.toMatchObject(changed);
        await expect(box.removeFile(join(folder, "file"), { expect: expect_ })).rejects.toMatchObject(changed);
      }
      for (const expect_ of [{ kind: "nothing" }, oldFile, { kind: "link", target: "old" }] as const) {
        await expect(box.writeFile(join(folder, "link"), Buffer.from("new"), { expect: expect_ })).rejects.toMatchObject(changed);
        await expect(box.removeFile(join(folder, "link"), { expect: expect_ })).rejects.toMatchObject(changed);
        await expect(box.writeFile(join(folder, "inner"), Buffer.from("new"), { expect: expect_ })).rejects.toMatchObject(changed);
      }
      await expect(box.writeFile(join(folder, "none"), Buffer.from("new"), { expect: oldFile })).rejects.toMatchObject(changed);
      await expect(box.removeFile(join(folder, "none"), { expect: oldFile })).rejects.toMatchObject(changed);
      await expect(box.writeLink(join(folder, "none"), "target", { expect: { kind: "link", target: "target" } })).rejects.toMatchObject(changed);
      expect(readdirSync(folder).sort()).toEqual(["file", "inner", "link"]);
      expect(readdirSync(join(folder, "inner"))).toEqual([]);
      expect(readFileSync(join(folder, "file"), "utf8")).toBe("old");
      expect(readlinkSync(join(folder, "link"))).toBe("old-target");
    });

    test("finds what was put there while its content came", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      startingWith(folder);
      const while_ = (path: string, put: string) => (async function* () {
        yield await Promise.resolve(Buffer.from("new"));
        writeFileSync(join(folder, path), put);
      })();
      await expect(box.writeFile(join(folder, "file"), while_("file", "OLD"), { expect: oldFile })).rejects.toMatchObject({ reason: "changed" });
      await expect(box.writeFile(join(folder, "none"), while_("none", "other"), { expect: { kind: "nothing" } })).rejects.toMatchObject({ reason: "changed" });
      expect(readFileSync(join(folder, "file"), "utf8")).toBe("OLD");
      expect(readFileSync(join(folder, "none"), "utf8")).toBe("other");
      expect(readdirSync(folder).sort()).toEqual(["file", "inner", "link", "none"]);
    });
  });

  describe("many changes at once", () => {
    const outcomesOf = async (outcomes: AsyncIterable<ChangeOutcome>): Promise<Map<string, unknown>> => {
      const told = new Map<string, unknown>();
      for await (const { path, failure } of outcomes) {
        expect(told.has(path)).toBe(false);
        told.set(path, failure instanceof BoxError ? failure.reason : failure === undefined ? "made" : (failure).message);
      }
      return told;
    };

    test("end each for itself, with what failed as it was", async () => {
      const box = await newBox();
      const folder = join(temporaryFolder(), "made", "with it");
      mkdirSync(join(folder, ".."), { recursive: true });
      expect(await outcomesOf(box.changeFiles(folder, [{ path: "gone", make: "nothing" }, { path: "x/gone", make: "no-change", expect: { kind: "nothing" } }]))).toEqual(new Map([["gone", "made"], ["x/gone", "made"]]));
      const names = ["plain", "a/b/c/deep", "with space", "line\nbreak", "-rf", "ümläut 🎲", "'quoted' \"$HOME\" `id`", "*", "back\\slash"];
      const files = names.map((path): FileChange => ({ path, make: "file", content: Buffer.from(`content of ${path}\n0\n-1\n{}`), executable: path === "plain" }));
      expect(await outcomesOf(box.changeFiles(folder, files))).toEqual(new Map(names.map((name) => [name, "made"])));
      names.forEach((name) => expect(readFileSync(join(folder, name), "utf8")).toBe(`content of ${name}\n0\n-1\n{}`));
      mkdirSync(join(folder, "folder"));
      const source = async function* (): AsyncIterable<FileChange> {
        yield { path: "plain", make: "executable", executable: false, expect: { kind: "file", sha256: sha256(readFileSync(join(folder, "plain"))) } };
        yield { path: "-rf", make: "executable", executable: true };
        yield { path: "*", make: "nothing", expect: { kind: "nothing" } };
        yield { path: "with space", make: "nothing" };
        yield await Promise.resolve({ path: "a/link", make: "link", target: "b\n../x" });
        yield { path: "a/b/c/deep", make: "no-change", expect: { kind: "file", sha256: "0".repeat(64) } };
        yield { path: "folder", make: "nothing" };
        yield { path: "torn", make: "file", executable: false, content: (async function* () {
          yield await Promise.resolve(Buffer.alloc(300_000, 1));
          throw new Error("the source broke");
        })() };
        yield { path: "empty", make: "file", executable: false, content: Buffer.alloc(0) };
      };
      const told = await outcomesOf(box.changeFiles(folder, source()));
      expect(["failed", "permission-denied"]).toContain(told.get("folder"));
      told.delete("folder");
      expect([...told].sort()).toEqual([["*", "changed"], ["-rf", "made"], ["a/b/c/deep", "changed"], ["a/link", "made"], ["empty", "made"], ["plain", "made"], ["torn", "the source broke"], ["with space", "made"]]);
      expect(statSync(join(folder, "plain")).mode & 0o111).toBe(0);
      expect(statSync(join(folder, "-rf")).mode & 0o100).toBe(0o100);
      expect(readlinkSync(join(folder, "a/link"))).toBe("b\n../x");
      expect(readdirSync(folder).sort()).toEqual([...names.filter((name) => name !== "with space" && name !== "a/b/c/deep"), "a", "empty", "folder"].sort());
    });

    test("never go through a link, nor out of their folder", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      const outside = temporaryFolder();
      symlinkSync(outside, join(folder, "out"));
      writeFileSync(join(outside, "secret"), "kept");
      writeFileSync(join(folder, "file"), "");
      const content = Buffer.from("hostile");
      const told = await outcomesOf(box.changeFiles(folder, [
        { path: "out/new", make: "file", content, executable: false },
        { path: "out/deep/new", make: "file", content, executable: false },
        { path: "out/secret", make: "nothing" },
        { path: "file/new", make: "link", target: "x" },
      ]));
      expect([...told].sort()).toEqual([["file/new", "changed"], ["out/deep/new", "changed"], ["out/new", "changed"], ["out/secret", "changed"]]);
      for (const path of ["../escaped", "a/../../escaped", "/escaped"]) {
        const ended = await outcomesOf(box.changeFiles(folder, [{ path, make: "file", content, executable: false }])).catch((error: unknown) => error);
        expect(ended instanceof Map ? ended.get(path) : "failed").not.toBe("made");
      }
      expect(readdirSync(outside)).toEqual(["secret"]);
      expect(existsSync(join(folder, "..", "escaped"))).toBe(false);
      const read: string[] = [];
      for await (const file of box.readFiles(folder, ["out/secret", "../x", "out"])) {
        read.push("failure" in file ? file.failure.reason : "read");
      }
      expect(read).not.toContain("read");
    });

    test("can be broken off, and leave nothing half-made", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      writeFileSync(join(folder, "old"), "old");
      const endless = async function* (): AsyncIterable<FileChange> {
        for (let at = 0; ; at += 1) {
          yield await Promise.resolve({ path: at === 0 ? "old" : `new-${at}`, make: "file", content: Buffer.alloc(50_000, "x"), executable: false });
        }
      };
      const aborted = new AbortController();
      const reason = new Error("enough");
      setTimeout(() => aborted.abort(reason), 300);
      await expect(outcomesOf(box.changeFiles(folder, endless(), aborted.signal))).rejects.toBe(reason);
      for await (const { failure } of box.changeFiles(folder, endless())) {
        expect(failure).toBeUndefined();
        break;
      }
      await box.writeFile(join(folder, "after"), Buffer.from("after"));
      await vi.waitFor(() => expect(readdirSync(folder).filter((name) => !/^(old|after|new-\d+)$/.test(name))).toEqual([]), 5000);
      expect(readdirSync(folder).filter((name) => statSync(join(folder, name)).size !== (name === "after" ? 5 : 50_000) && name !== "old")).toEqual([]);
    });

    test("and as many files are read back", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      const contents = new Map(Array.from({ length: 300 }, (_, at) => [`d${at % 7}/f${at}`, randomBytes(at === 5 ? 3_000_000 : at * 40)]));
      const told = await outcomesOf(box.changeFiles(folder, [...contents].map(([path, content]): FileChange => ({ path, make: "file", content, executable: false, expect: { kind: "nothing" } }))));
      expect([...told.values()].every((outcome) => outcome === "made")).toBe(true);
      expect(told.size).toBe(300);
      symlinkSync("d1", join(folder, "link"));
      const paths = ["none", ...contents.keys(), "link", "d1"];
      const failures: string[] = [];
      let taken = 0;
      for await (const file of box.readFiles(folder, paths)) {
        if ("failure" in file) {
          failures.push(`${file.path} ${file.failure.reason}`);
        } else if (file.path === "d5/f5") {
          // Not taken to its end.
          for await (const chunk of file.content) {
            expect(contents.get(file.path)?.subarray(0, chunk.length).equals(chunk)).toBe(true);
            break;
          }
        } else if (file.path !== "d0/f7") {
          expect((await collect(file.content)).equals(contents.get(file.path) ?? Buffer.alloc(0))).toBe(true);
          taken += 1;
        }
      }
      expect(failures).toEqual(["none path-missing", "link not-a-file", "d1 not-a-file"]);
      expect(taken).toBe(298);
    });
  });

  describe("a scan", () => {
    test("lists files with hashes, links and other things, without following links", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      mkdirSync(join(folder, "a", "b"), { recursive: true });
      mkdirSync(join(folder, "empty"));
      writeFileSync(join(folder, "a", "b", "file"), "content");
      writeFileSync(join(folder, "a", "large"), "x".repeat(100));
      writeFileSync(join(folder, "tool"), "");
      chmodSync(join(folder, "tool"), 0o755);
      symlinkSync("/etc", join(folder, "out"));
      symlinkSync("line\nbreak", join(folder, "dangling"));
      execFileSync("mkfifo", [join(folder, "pipe")]);
      expect(new Map([...(await box.scan(folder, { maxFileBytes: 99 }))].sort())).toEqual(
        new Map<string, unknown>([
          ["a/b/file", { kind: "file", bytes: 7, sha256: sha256("content"), executable: false }],
          ["a/large", { kind: "large-file", bytes: 100 }],
          ["dangling", { kind: "link", target: "line\nbreak" }],
          ["out", { kind: "link", target: "/etc" }],
          ["pipe", { kind: "other" }],
          ["tool", { kind: "file", bytes: 0, sha256: sha256(""), executable: true }],
        ]),
      );
      await expect(box.scan(join(folder, "none"))).rejects.toMatchObject({ reason: "path-missing" });
    });

    test("leaves out what is ignored", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      for (const path of ["keep.py", "data/x.bin", "deep/data/y.bin", "cache.pyc", "deep/cache.pyc", "top/only", "deep/top/only", "build", "deep/build/z", "log1", "a+b"]) {
        mkdirSync(join(folder, path, ".."), { recursive: true });
        writeFileSync(join(folder, path), path);
      }
      const scanned = await box.scan(folder, { ignore: ["data/", "*.pyc", "/top", "build/", "log[0-9]", "a+b"] });
      expect([...scanned.keys()].sort()).toEqual(["build", "deep/top/only", "keep.py"]);
    });
  });
}
