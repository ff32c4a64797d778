import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Sshd, whyNoSshd } from "../support/sshd";
import { temporaryFolder } from "../support/temporary-folder";

describe.skipIf(whyNoSshd !== undefined)("first", () => {
  test("end to end", async () => {
    const sshd = await Sshd.start();
    const box = await sshd.box();
    console.log(await box.time() - Date.now());
    const folder = temporaryFolder();
    await box.writeFile(join(folder, "a", "b.txt"), Buffer.from("hello"));
    expect(readFileSync(join(folder, "a", "b.txt"), "utf8")).toBe("hello");
    expect(String(await box.readFile(join(folder, "a", "b.txt"), 100))).toBe("hello");
    console.log(await box.scan(folder));
    const runs = join(folder, "runs");
    await box.startRun(runs, { id: "one", command: ["sh", "-c", "echo hi; echo oops >&2; exit 3"], folder, environment: { A: "1" }, timeoutSeconds: 10, outputLimitBytes: 1000 });
    const exit = await box.followRun(runs, "one", { stdout: 0, stderr: 0 }, (stream, bytes) => { console.log(stream, String(bytes)); return Promise.resolve(); });
    console.log(exit);
  });
});
