import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isPartOf } from "../../../src/editor/replay/part-of-transcript";
import { temporaryFolder } from "../../support/temporary-folder";

test("a transcript is known under every name of its file, and by what lies in its folder", async () => {
  const folder = temporaryFolder();
  const at = (...names: string[]): string => join(folder, ...names);
  mkdirSync(at("run", "events"), { recursive: true });
  for (const name of ["run.json", "other.json", "run-2.json", "run/events/1.json"]) {
    writeFileSync(at(name), "{}");
  }
  linkSync(at("run.json"), at("hard.md"));
  symlinkSync(at("run.json"), at("soft.md"));
  symlinkSync(at("run"), at("link"));
  const isOfFile = async (...names: string[]): Promise<boolean> => isPartOf(at("run.json"), at(...names));
  expect(await Promise.all([isOfFile("run.json"), isOfFile("run", "..", "run.json"), isOfFile("hard.md"), isOfFile("soft.md")])).toEqual([true, true, true, true]);
  expect(await Promise.all([isOfFile("other.json"), isOfFile("run.json.md"), isOfFile("run-2.json")])).toEqual([false, false, false]);
  const isInFolder = async (...names: string[]): Promise<boolean> => isPartOf(at("run"), at(...names));
  expect(await Promise.all([isInFolder("run", "events", "1.json"), isInFolder("link", "events", "1.json")])).toEqual([true, true]);
  // A new file in the folder changes nothing that is there.
  expect(await Promise.all([isInFolder("run", "new.md"), isInFolder("run-2.json"), isInFolder("other.json")])).toEqual([false, false, false]);
});
