import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { systemTime } from "../../src/base";
import { LocalBox } from "../../src/boxes";
import type { Session } from "../../src/sessions";
import { attemptFolder, verifySession } from "../../src/sessions";
import { hashesOf } from "../../src/tasks";
import { supervisor } from "../support/build";
import { random } from "../support/random";
import { provisioned, RemoteExpert } from "../support/remote-session";
import { Sshd, whyNoSshd } from "../support/sshd";
import { TcpProxy } from "../support/tcp-proxy";

/** Prints the same for the same solution, over a while, so that cuts fall into it. */
const scorer = `
value = solution()
for number in range(20):
    print(f"{value}: {number} " + "x" * 5000, flush=True)
    time.sleep(0.02)
result(value)`;

const printed = (value: number): string => Array.from({ length: 20 }, (_, number) => `${value}: ${number} ${"x".repeat(5000)}\n`).join("");

/** Steps of work in one day; in each something is edited, here or on the box, and most end with a scoring. */
const steps = 16;

describe.skipIf(whyNoSshd !== undefined)(`a working day on a box over SSH${whyNoSshd === undefined ? "" : ` (${whyNoSshd})`}`, () => {
  test("with cuts all through it ends with every attempt whole, a valid journal and both sides alike", async () => {
    const { chance, integer, pick } = dice(1);
    const sshd = await Sshd.start();
    const proxy = await TcpProxy.to(sshd.port);
    sshd.trust(proxy.port);
    const expert = new RemoteExpert(sshd, await provisioned(scorer, { files: { "notes/a.txt": "a\n", "b.txt": "b\n" } }), proxy.port);
    const root = await expert.create();
    let session = await expert.open(root);
    await session.score();
    await session.startClock();

    const scored: number[] = [];
    const expected = new Map<string, string>();
    for (let step = 0; step < steps; step += 1) {
      const value = 1000 + step;
      await write(join(root, "workspace", "solution.py"), `value = ${value}\n`);
      expected.set("solution.py", `value = ${value}\n`);
      const path = `data/${pick(["one", "two", "three"])}-${integer(0, 5)}.txt`;
      const text = `${step} ${"y".repeat(integer(0, 30_000))}\n`;
      // Each side has files of its own, so that what must be there in the end is known.
      const side = chance(0.5) ? "here" : "box";
      await write(side === "here" ? join(root, "workspace", "here", path) : join(expert.boxRoot, "workspace", "box", path), text);
      expected.set(`${side}/${path}`, text);
      if (chance(0.2)) {
        // The laptop is closed, or the editor is killed, and opened again later.
        await session.close();
        session = await expert.open(root);
      }
      // The connection breaks somewhere in what comes now: at a byte on its way there or back, or at some moment.
      if (chance(0.4)) {
        proxy.cutAfterUpward(integer(1, 15_000));
      }
      if (chance(0.4)) {
        proxy.cutAfterDownward(integer(1, 120_000));
      }
      if (chance(0.3)) {
        setTimeout(() => proxy.cut(), integer(0, 3000));
      }
      if (chance(0.8)) {
        await scoreWhateverHappens(session);
        scored.push(value);
      }
    }
    await session.connectBox();
    await session.recoverAttempts();
    await session.mirror?.settle();
    await session.submit();

    const box = new LocalBox(supervisor, systemTime);
    const here = await hashesOf(box, join(root, "workspace"), []);
    expect(await hashesOf(box, join(expert.boxRoot, "workspace"), [])).toEqual(here);
    for (const [path, text] of expected) {
      expect(readFileSync(join(root, "workspace", path), "utf8")).toBe(text);
    }
    const { attempts } = session.state;
    expect(attempts.slice(1).map(({ outcome }) => (outcome.kind === "scored" ? outcome.score : outcome.kind))).toEqual(scored);
    for (const [index, value] of scored.entries()) {
      expect(readFileSync(join(attemptFolder(root, index + 1), "stdout.log"), "utf8")).toBe(printed(value));
    }
    expect(attempts.some(({ changedWhileScoring }) => changedWhileScoring)).toBe(false);
    expect(readdirSync(join(expert.boxRoot, "runs")).sort()).toEqual(attempts.map(({ run }) => run).sort());
    expect(await verifySession(root)).toMatchObject({ problems: [], openAttempts: [] });
    rmSync(root, { recursive: true });
  });
});

/** As a person does who is told that the box is out of reach: once more. */
async function scoreWhateverHappens(session: Session): Promise<void> {
  const before = session.state.attempts.length;
  for (;;) {
    try {
      await session.score();
      return;
    } catch (error) {
      if (session.state.attempts.length > before) {
        await session.connectBox();
        await session.recoverAttempts();
        return;
      }
      if (!(error instanceof Error && "reason" in error && ["unreachable", "incomplete"].includes(String(error.reason)))) {
        throw error;
      }
    }
  }
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function dice(seed: number) {
  const numbers = random(seed);
  const next = (): number => numbers.next().value;
  const integer = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    integer,
    chance: (probability: number): boolean => next() < probability,
    pick: <Item>(items: readonly [Item, ...Item[]]): Item => items[integer(0, items.length - 1)] ?? items[0],
  };
}
