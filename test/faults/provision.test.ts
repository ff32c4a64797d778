import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readProvision } from "../../src/tasks";
import { ProtectedBox, secret, whyNoAccounts } from "../support/protected-box";

describe.skipIf(whyNoAccounts !== undefined)(`a protected box${whyNoAccounts === undefined ? "" : ` (${whyNoAccounts})`}`, () => {
  test("scores what the expert wrote, and tells only what the expert may know", async () => {
    const protectedBox = await ProtectedBox.provision();
    const { box, root } = protectedBox;
    const provision = await readProvision(box, root);
    expect(provision).toMatchObject({ protection: "accounts", entry: `${root}/entry`, task: { id: "sample" } });
    const scored = await protectedBox.score("print('hello')\nprint(6)\n");
    expect(scored.exit).toMatchObject({ kind: "exited", code: 0 });
    expect(scored).toMatchObject({ output: "hello\n6\n", result: { score: 6, message: { said: "ok" } } });
    const run = join(root, "runs", scored.id);
    expect(readFileSync(join(run, "result.json"), "utf8")).not.toContain(secret);
    expect(readFileSync(join(root, "private", scored.id, "result.json"), "utf8")).toContain(secret);
  });
});
