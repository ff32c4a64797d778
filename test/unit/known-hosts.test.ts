import { createHmac } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { backoff, backoffDelay } from "../../src/boxes/ssh/connection";
import { decideHostKey, fingerprintOf, hostKeyPreference } from "../../src/boxes/ssh/host-key";
import { knownHostName, matchKnownHosts, namesHost, parseKnownHosts, readKnownHosts, trustHostKey } from "../../src/boxes/ssh/known-hosts";
import { parseScan } from "../../src/boxes/ssh/scan";
import { shellQuote } from "../../src/boxes/shell-quote";
import { parseSettings, parseTargetName } from "../../src/boxes/ssh/target";
import { temporaryFolder } from "../support/temporary-folder";

/** A public key in the encoding of the wire, of a type and with a content of the test's own. */
function publicKey(type: string, content: string): Buffer {
  const field = (text: string): Buffer => Buffer.concat([Buffer.from([0, 0, 0, text.length]), Buffer.from(text)]);
  return Buffer.concat([field(type), field(content)]);
}

const ed = publicKey("ssh-ed25519", "one");
const otherEd = publicKey("ssh-ed25519", "two");
const rsa = publicKey("ssh-rsa", "three");
const line = (hosts: string, key: Buffer, type = "ssh-ed25519"): string => `${hosts} ${type} ${key.toString("base64")}`;
const outcome = (text: string, name: string, key: Buffer): string => matchKnownHosts(parseKnownHosts(text), name, key).kind;

describe("known_hosts", () => {
  test.each([
    ["box", "box", true],
    ["BOX", "box", true],
    ["a,box,c", "box", true],
    ["*.example.org", "gpu.example.org", true],
    ["*.example.org", "example.org", false],
    ["gpu?", "gpu1", true],
    ["gpu?", "gpu12", false],
    ["*,!gpu1", "gpu1", false],
    ["!gpu1,*", "gpu1", false],
    ["!gpu1,*", "gpu2", true],
    ["!gpu1", "gpu2", false],
    ["[box]:2222", "[box]:2222", true],
    ["box", "[box]:2222", false],
    ["[*]:2222", "[box]:2222", true],
    ["b.x", "box", false],
    ["****************************b", "a".repeat(60), false],
  ])("%s names %s: %s", (hosts, name, named) => {
    expect(namesHost(hosts, name)).toBe(named);
  });

  test("hashed names", () => {
    const salt = Buffer.from("01234567890123456789");
    const hashed = `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update("[box]:2222").digest("base64")}`;
    expect(outcome(line(hashed, ed), knownHostName("Box", 2222), ed)).toBe("match");
    expect(outcome(line(hashed, ed), knownHostName("box", 22), ed)).toBe("unknown");
  });

  test("tells match, mismatch, other type, revoked and unknown apart", () => {
    const known = line("box", ed);
    expect(outcome(known, "box", ed)).toBe("match");
    expect(outcome(known, "box", otherEd)).toBe("mismatch");
    expect(outcome(`${known}\n${line("box", otherEd)}`, "box", otherEd)).toBe("match");
    expect(matchKnownHosts(parseKnownHosts(known), "box", rsa)).toEqual({ kind: "other-key-type", types: ["ssh-ed25519"] });
    expect(outcome(`${known}\n@revoked ${line("*", ed)}`, "box", ed)).toBe("revoked");
    expect(outcome(`@revoked ${line("*", ed)}`, "box", otherEd)).toBe("unknown");
    expect(matchKnownHosts(parseKnownHosts(`@cert-authority ${line("*", ed)}`), "box", ed)).toEqual({ kind: "unknown", hasAuthority: true });
  });

  test("passes over what it does not understand", () => {
    const text = `# comment\n\nbox\nbox ssh-ed25519\nbox ssh-ed25519 !!!\n@new ${line("box", ed)}\nbox ssh-rsa ${ed.toString("base64")}\n${line("box", otherEd)} a comment\r\n`;
    expect(parseKnownHosts(text)).toEqual([{ marker: undefined, hosts: "box", type: "ssh-ed25519", key: otherEd }]);
  });

  test("grows by one line, whatever it ended with, and only its owner may read a new one", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "ssh", "known_hosts");
    await trustHostKey(file, "box", ed);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(file, readFileSync(file, "utf8").trimEnd());
    await Promise.all([trustHostKey(file, "[box]:2222", otherEd), trustHostKey(join(folder, "other"), "box", ed)]);
    expect((await readKnownHosts([file, join(folder, "none")])).map(({ hosts }) => hosts)).toEqual(["box", "[box]:2222"]);
    mkdirSync(join(folder, "a folder"));
    await expect(readKnownHosts([join(folder, "a folder")])).rejects.toThrow();
  });
});

describe("a decision on a host key", () => {
  const expected = { host: "box", port: 22, knownHosts: parseKnownHosts(line("box", ed)) };

  test("asks for keys of known types first", () => {
    const knownHosts = parseKnownHosts(`${line("box", rsa, "ssh-rsa")}\n${line("box", ed)}`);
    expect(hostKeyPreference({ ...expected, knownHosts })?.prepend).toEqual([/^rsa-sha2-512$/, /^rsa-sha2-256$/, /^ssh-ed25519$/]);
    expect(hostKeyPreference({ ...expected, knownHosts: [] })).toBeUndefined();
  });

  test("follows the assignment before known_hosts", () => {
    expect(decideHostKey({ ...expected, pinned: [fingerprintOf(otherEd)] }, otherEd).kind).toBe("trusted");
    expect(decideHostKey({ ...expected, pinned: [fingerprintOf(otherEd)] }, ed)).toMatchObject({ kind: "refused", error: { reason: "host-key-changed" } });
  });

  test("asks a person about unknown hosts and tells of other keys", () => {
    expect(decideHostKey(expected, rsa)).toMatchObject({ kind: "ask", question: { otherKnownTypes: ["ssh-ed25519"], type: "ssh-rsa" } });
    expect(decideHostKey({ ...expected, host: "new" }, ed)).toMatchObject({ kind: "ask", question: { otherKnownTypes: [], fingerprint: fingerprintOf(ed) } });
    expect(decideHostKey({ ...expected, host: "new", alias: "box" }, ed).kind).toBe("trusted");
  });
});

describe("a target", () => {
  test.each([
    ["box", { user: undefined, host: "box", port: undefined }],
    ["me@box:2222", { user: "me", host: "box", port: 2222 }],
    ["me@[::1]:22", { user: "me", host: "::1", port: 22 }],
    [" 10.0.0.1 ", { user: undefined, host: "10.0.0.1", port: undefined }],
  ])("%s", (text, name) => {
    expect(parseTargetName(text)).toEqual(name);
  });

  test.each(["", "-oProxyCommand=x", "me@-box", "-me@box", "a b", "box:0", "box:70000", "box:22:22", "me@", "box;rm", "a@b@c/"])("%j is none", (text) => {
    if (text === "box;rm") {
      // No shell ever sees it: to ssh it is the name of a host that does not exist.
      expect(parseTargetName(text).host).toBe(text);
    } else {
      expect(() => parseTargetName(text)).toThrow(expect.objectContaining({ reason: "target-invalid" }) as Error);
    }
  });

  test("has every identity file of the configuration", () => {
    expect(parseSettings("hostname x\nidentityfile a\nidentityfile b c\n").get("identityfile")).toEqual(["a", "b c"]);
  });
});

describe("the answer of a hostile box", () => {
  const hash = "0".repeat(64);
  const scan = (...fields: string[]) => parseScan(Buffer.from(fields.map((field) => `${field}\0`).join("")), "/work", {});

  test.each(["../x", "/etc/passwd", "a/../../x", "a//b", "", ".", "a/."])("with the path %j is not taken", (path) => {
    expect(() => scan("F", "1", "-", hash, path, ".")).toThrow(expect.objectContaining({ reason: "invalid-answer" }) as Error);
  });

  test.each([
    [["F", "1", "-", hash, "a"]],
    [["F", "1", "-", "no hash", "a", "."]],
    [["F", "-1", "-", hash, "a", "."]],
    [["B", "1e9", "a", "."]],
    [["?"]],
    [[]],
  ])("that is cut off or wrong (%j) is not taken", (fields) => {
    expect(() => scan(...fields)).toThrow(expect.objectContaining({ reason: "invalid-answer" }) as Error);
  });

  test("leaves out drafts", () => {
    expect([...scan("F", "1", "-", hash, "a/.baseliner-draft-1", "L", "x", "a/b", ".").keys()]).toEqual(["a/b"]);
  });
});

describe("small parts", () => {
  test("a quoted word", () => {
    expect(shellQuote("a'b")).toBe("'a'\\''b'");
    expect(shellQuote("")).toBe("''");
    expect(() => shellQuote("a\0b")).toThrow(RangeError);
  });

  test("backoff doubles, is spread, and stays within its bounds", () => {
    expect([0, 1, 2, 3, 4, 5, 50].map((attempt) => backoffDelay(attempt, 1))).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect([0, 1, 2, 50].map((attempt) => backoffDelay(attempt, 0))).toEqual([backoff.shortest, 1000, 2000, 15_000]);
  });
});
