import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { formatBytes } from "../../base";
import { type Box, readResources } from "../../boxes";
import { compareResources, type Need } from "../compare-resources";
import { type LoadedTask, profileOf, taskFileName } from "../load-task";
import { placeIn } from "./places";
import type { CheckLine } from "./report";

/** Whether the box that scores has what a profile asks for: a score says little where it has not. What it does not tell is passed over. */
export async function checkBox(loaded: LoadedTask, box: Box, folder: string, profile: string, signal: AbortSignal | undefined): Promise<CheckLine[]> {
  const { resources } = profileOf(loaded, profile);
  const needs = compareResources(resources, await readResources(box, { folder, tools: resources.tools }, signal));
  const place = placeIn(await readFile(join(loaded.folder, taskFileName), "utf8"), ["profiles", profile, "resources"]);
  const subject = box.name;
  const lines = needs.flatMap((need): CheckLine[] => (need.ok === false ? [{ section: "box", level: stops(need) ? "failed" : "warning", subject, text: sentence(need), place }] : []));
  return lines.length > 0 ? lines : [{ section: "box", level: "ok", subject, text: `has what profile ${profile} asks for, as far as it tells` }];
}

/** Whether nothing can be scored without it. A tool may be needed by solutions alone, and what a scorer needs it says. */
function stops({ kind }: Need): boolean {
  return kind === "gpus" || kind === "gpu-model";
}

function sentence({ kind, name, wanted, found }: Need): string {
  const amount = (value: number | string | undefined): string => (typeof value === "number" ? formatBytes(value) : (value ?? "none"));
  switch (kind) {
    case "gpus":
      return `has ${found === 0 ? "no GPU" : `${found ?? "no"} usable GPUs`}, and the profile asks for ${wanted}`;
    case "gpu-model":
      return `has ${amount(found)} as GPU, and the profile asks for ${amount(wanted)}`;
    case "gpu-memory":
      return `has ${amount(found)} of memory on its GPUs, and the profile asks for ${amount(wanted)}`;
    case "processors":
      return `has ${found ?? "no"} processors, and the profile asks for ${wanted}`;
    case "memory":
      return `has ${amount(found)} of memory, and the profile asks for ${amount(wanted)}`;
    case "disk":
      return `has ${amount(found)} of free disk, and the profile asks for ${amount(wanted)}`;
    case "tool":
      return `lacks ${name ?? wanted}, which the profile asks for: install it there`;
  }
}
