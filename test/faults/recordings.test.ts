// What a terminal shows is recorded while the expert consents, and not a moment longer; a recording outlives whoever writes it.
import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { describe, expect, test, vi } from "vitest";
import { exportSession, readJournal, verifySession } from "../../src/sessions";
import { openTranscript, type TranscriptEvent } from "../../src/transcripts";
import { systemTime } from "../../src/base";
import { newSession, openSession } from "../support/session";
import { temporaryFolder } from "../support/temporary-folder";

const size = { columns: 80, rows: 24 };

/** The events of a recording, each `[kind, text]`. Fails where any line is not one. */
function castOf(root: string, name: string): { header: Record<string, unknown>; events: [string, string][] } {
  const [header = "", ...lines] = readFileSync(join(root, name), "utf8").split("\n");
  expect(lines.pop()).toBe("");
  const events = lines.map((line) => JSON.parse(line) as [number, string, string]);
  expect(events.every(([at], index) => at >= (events[index - 1]?.[0] ?? 0))).toBe(true);
  return { header: JSON.parse(header) as Record<string, unknown>, events: events.map(([, kind, text]) => [kind, text]) };
}

async function typesOf(root: string): Promise<string[]> {
  return (await readJournal(root)).entries.map(({ type }) => type);
}

describe("a terminal", () => {
  test("is recorded as it shows itself, with its sizes, and its recording is on record with its hash", async () => {
    const root = await newSession();
    const session = await openSession(root);
    await session.giveConsent(true);
    const terminal = session.recordings.terminal("Box: gpu-1", size);
    await terminal.output("$ ls\r\n");
    await terminal.resize({ columns: 100, rows: 30 });
    await terminal.output("\u001b[31mred — ü 漢 \u0000\u001b[0m\r\n");
    await terminal.close();
    const { header, events } = castOf(root, "terminals/1.cast");
    expect(header).toEqual({ version: 2, width: 80, height: 24, title: "Box: gpu-1", timestamp: expect.any(Number) as number });
    expect(events).toEqual([["o", "$ ls\r\n"], ["r", "100x30"], ["o", "\u001b[31mred — ü 漢 \u0000\u001b[0m\r\n"]]);
    expect(statSync(join(root, "terminals", "1.cast")).mode & 0o077).toBe(0);
    await session.close();
    expect(await typesOf(root)).toEqual(["session.created", "box.connected", "recording.consent", "terminal.opened", "terminal.recorded"]);
    expect((await verifySession(root)).problems).toEqual([]);
    appendFileSync(join(root, "terminals", "1.cast"), '[99.0, "o", "more"]\n');
    expect((await verifySession(root)).problems).toEqual(["The recording terminals/1.cast was changed since it was closed."]);
  });

  test("is not recorded without consent, is from the moment it is given, and no more from the moment it is taken back", async () => {
    const root = await newSession();
    const session = await openSession(root);
    const terminal = session.recordings.terminal("one", size);
    await terminal.output("before");
    expect(existsSync(join(root, "terminals"))).toBe(false);
    await session.giveConsent(true);
    await terminal.output("consented");
    const taken = session.giveConsent(false);
    await taken;
    await terminal.output("secret");
    await session.giveConsent(true);
    await terminal.output("again");
    await session.close();
    expect(castOf(root, "terminals/1.cast").events).toEqual([["o", "consented"]]);
    expect(castOf(root, "terminals/2.cast").events).toEqual([["o", "again"]]);
    expect(await typesOf(root)).toEqual([
      "session.created", "box.connected", "recording.consent", "terminal.opened", "recording.consent", "terminal.recorded", "recording.consent", "terminal.opened", "terminal.recorded",
    ]);
    expect((await verifySession(root)).problems).toEqual([]);
  });

  test("is recorded to its last output, also where that is still on its way to the disk when it is closed", async () => {
    const root = await newSession();
    const session = await openSession(root);
    await session.giveConsent(true);
    const terminal = session.recordings.terminal("one", size);
    const shown = Array.from({ length: 20 }, (_, line) => `line ${line}\r\n`);
    shown.forEach((text) => void terminal.output(text));
    const closed = terminal.close();
    void terminal.output("too late");
    await closed;
    expect(castOf(root, "terminals/1.cast").events).toEqual(shown.map((text) => ["o", text]));
    await session.close();
    expect((await verifySession(root)).problems).toEqual([]);
  });

  test("that is open when the session is submitted is recorded up to there", async () => {
    const root = await newSession();
    const session = await openSession(root);
    await session.giveConsent(true);
    await session.startClock();
    const terminal = session.recordings.terminal("one", size);
    await terminal.output("last words");
    await session.submit();
    await terminal.output("too late");
    expect(castOf(root, "terminals/1.cast").events).toEqual([["o", "last words"]]);
    expect((await typesOf(root)).slice(-2)).toEqual(["session.submitted", "session.closed"]);
    expect((await verifySession(root)).problems).toEqual([]);
  });

  test("is in the export and in the transcript of the session", async () => {
    const root = await newSession();
    const session = await openSession(root);
    await session.giveConsent(true);
    await session.recordAssistants([{ id: "github.copilot", version: "1.2.3", active: true }]);
    const terminal = session.recordings.terminal("one", size);
    await terminal.output("hello from the box\r\n");
    const folder = (await exportSession(root, "folder", systemTime, { to: join(temporaryFolder(), "out") })).path;
    expect(castOf(folder, "terminals/1.cast").events).toEqual([["o", "hello from the box\r\n"]]);
    expect((await verifySession(folder)).problems).toEqual([]);
    await session.close();
    const events: TranscriptEvent[] = [];
    const reading = await openTranscript(root, temporaryFolder());
    for await (const batch of reading.batches()) {
      events.push(...batch.events);
    }
    reading.close();
    expect(events.filter(({ tool }) => tool === "terminal").map(({ text }) => text)).toContain("hello from the box\r\n");
    expect(events.map(({ title, text }) => `${title}: ${text}`)).toContain("AI assistants in the editor: github.copilot 1.2.3, active");
  });
});

/** A program of its own that records a terminal line by line until it is killed. */
function recordUntilKilled(root: string): ChildProcess {
  const program = join(temporaryFolder(), "record.cjs");
  const code = `
    import { Session } from ${JSON.stringify(join(import.meta.dirname, "../../src/sessions"))};
    import { LocalBox } from ${JSON.stringify(join(import.meta.dirname, "../../src/boxes"))};
    import { systemTime } from ${JSON.stringify(join(import.meta.dirname, "../../src/base"))};
    void (async () => {
      const session = await Session.open(process.argv[2], { time: systemTime, boxFor: () => new LocalBox("", systemTime), holder: "the program" });
      await session.giveConsent(true);
      const terminal = session.recordings.terminal("one", { columns: 80, rows: 24 });
      for (let line = 0; ; line += 1) await terminal.output("line " + line + "\\r\\n");
    })();`;
  buildSync({ stdin: { contents: code, resolveDir: import.meta.dirname, loader: "ts" }, outfile: program, bundle: true, platform: "node", format: "cjs", mainFields: ["module", "main"], external: ["cpu-features", "*.node"], logLevel: "error" });
  return spawn(process.execPath, [program, root], { stdio: ["ignore", "ignore", "inherit"] });
}

test("a recording whose editor was killed is valid up to its last event, and is closed when the session is next opened", async () => {
  const root = await newSession();
  const cast = join(root, "terminals", "1.cast");
  const program = recordUntilKilled(root);
  await vi.waitUntil(() => existsSync(cast) && statSync(cast).size > 50_000, { timeout: 30_000 });
  program.kill("SIGKILL");
  await new Promise((resolve) => program.once("exit", resolve));
  const { events } = castOf(root, "terminals/1.cast");
  expect(events.map(([, text]) => text)).toEqual(events.map((_, line) => `line ${line}\r\n`));
  // A power cut may leave half a line.
  appendFileSync(cast, '[12.3, "o", "half a l');
  const session = await openSession(root);
  expect(castOf(root, "terminals/1.cast").events).toEqual(events);
  expect(session.state.recordings).toEqual([{ file: "terminals/1.cast", isOpen: false }]);
  expect((await verifySession(root)).problems).toEqual([]);
  const next = session.recordings.terminal("two", size);
  await next.output("on we go");
  await next.close();
  expect(castOf(root, "terminals/2.cast").events).toEqual([["o", "on we go"]]);
});
