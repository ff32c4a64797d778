import { resolve } from "node:path";
import { formatBytes, singleLine } from "../base";
import { type Box, type BoxResources, loadSsh, readResources } from "../boxes";
import { compareResources, loadTask, type Need, type Resources } from "../tasks";
import { localBox, type Outcome, parse, printJson, printTable, UsageError } from "./command";
import { cliConfirmHostKey, cliCredentials } from "./credentials";

/** `baseliner box check TARGET`; the target `local` is this computer. */
export async function checkBoxCommand(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, {
    task: { type: "string" },
    profile: { type: "string" },
    folder: { type: "string", default: "" },
    "host-key": { type: "string" },
    "ssh-config": { type: "string" },
  });
  const [target] = positionals;
  if (target === undefined || positionals.length > 1) {
    throw new UsageError("box check needs one box: user@host:port, a host of your ssh configuration, or local");
  }
  if (values.profile !== undefined && values.task === undefined) {
    throw new UsageError("--profile is a size of a task: name the task with --task");
  }
  const wanted = values.task === undefined ? undefined : await resourcesOf(values.task, values.profile);
  const stop = new AbortController();
  const onSignal = (): void => stop.abort(new UsageError("stopped"));
  process.once("SIGINT", onSignal);
  const { box, close } = await open(target, { hostKeyFingerprint: values["host-key"], configFile: values["ssh-config"] });
  try {
    const resources = await readResources(box, { folder: values.folder, tools: wanted?.tools ?? [] }, stop.signal);
    const needs = wanted === undefined ? [] : compareResources(wanted, resources);
    if (values.json) {
      printJson({ box: box.name, ...resources, needs });
    } else {
      printResources(box.name, resources);
      printNeeds(needs);
    }
    return needs.every(({ ok }) => ok === true) ? "done" : "failed";
  } finally {
    process.off("SIGINT", onSignal);
    close();
  }
}

async function resourcesOf(folder: string, profile = "cpu"): Promise<Resources> {
  const { task } = await loadTask(resolve(folder));
  const found = Object.hasOwn(task.profiles, profile) ? task.profiles[profile] : undefined;
  if (found === undefined) {
    throw new UsageError(`the task has no profile ${profile}; it has ${Object.keys(task.profiles).join(", ")}`);
  }
  return found.resources;
}

async function open(target: string, options: { hostKeyFingerprint: string | undefined; configFile: string | undefined }): Promise<{ box: Box; close: () => void }> {
  if (target === "local") {
    return { box: localBox(), close: () => undefined };
  }
  const { resolveTarget, SshBox, SshConnection } = await loadSsh();
  const { hostKeyFingerprint, configFile } = options;
  const resolved = await resolveTarget(target, { hostKeys: hostKeyFingerprint === undefined ? undefined : [hostKeyFingerprint], ...(configFile === undefined ? {} : { configFile }) });
  const connection = new SshConnection(resolved, { credentials: cliCredentials(), confirmHostKey: cliConfirmHostKey() });
  await connection.connect();
  return { box: new SshBox(connection), close: () => connection.close() };
}

const notTold = "not told";

function printResources(name: string, found: BoxResources): void {
  const { gpus, gpuProcesses, processors, load, memoryBytes, memoryFreeBytes, disk, tools } = found;
  const inUse = (bytes: number | undefined, free: number | undefined): string =>
    bytes === undefined ? notTold : `${formatBytes(bytes)}${free === undefined ? "" : `, ${formatBytes(free)} free`}`;
  const others = (gpuProcesses ?? []).filter(({ owner }) => owner !== "ours");
  printTable([
    ["box", [singleLine(name), found.host, found.system].filter(Boolean).join(", ")],
    ...gpuLines(gpus).map((line) => ["GPU", line]),
    ...others.map(({ owner, user, name: program, pid, memoryBytes: held }) => [
      "GPU in use",
      [owner === "others" ? `by ${user ?? "somebody else"}` : "by a process that the box does not show", program, `process ${pid}`, held === undefined ? undefined : formatBytes(held)].filter(Boolean).join(", "),
    ]),
    ["processors", processors === undefined ? notTold : `${roundedCount(processors)}${load === undefined ? "" : `, load ${load.toFixed(1)}`}`],
    ["memory", inUse(memoryBytes, memoryFreeBytes)],
    ["disk", inUse(disk?.bytes, disk?.freeBytes)],
    ...(tools === undefined ? [["tools", notTold]] : Object.entries(tools).map(([tool, version]) => [tool, version ?? "missing"])),
  ]);
}

function gpuLines(gpus: BoxResources["gpus"]): string[] {
  switch (gpus.kind) {
    case "none":
      return ["no GPU"];
    case "unknown":
      return [notTold];
    case "silent":
      return ["nvidia-smi does not answer"];
    case "failed":
      return [`nvidia-smi fails: ${gpus.said}`];
    case "present":
      return gpus.gpus.map(({ index, model, memoryBytes, memoryUsedBytes, load, driver, instances, problem }) =>
        [
          `${index}: ${model}`,
          memoryBytes === undefined ? undefined : formatBytes(memoryBytes),
          memoryUsedBytes === undefined ? undefined : `${formatBytes(memoryUsedBytes)} in use`,
          load === undefined ? undefined : `load ${load} %`,
          instances.length === 0 ? undefined : `divided into ${instances.join(", ")}`,
          driver === undefined ? undefined : `driver ${driver}`,
          problem,
        ]
          .filter(Boolean)
          .join(", "),
      );
  }
}

function printNeeds(needs: readonly Need[]): void {
  if (needs.length === 0) {
    return;
  }
  process.stdout.write("\n");
  const level = (ok: boolean | undefined): string => (ok === undefined ? "unknown" : ok ? "ok" : "missing");
  printTable(needs.map((need) => [level(need.ok), need.name ?? needNames[need.kind], `wanted ${amount(need, need.wanted)}`, need.kind === "tool" ? (need.found ?? "") === "" ? "" : `found ${need.found ?? ""}` : `found ${amount(need, need.found)}`]));
}

const needNames: Record<Need["kind"], string> = {
  gpus: "GPUs",
  "gpu-model": "GPU model",
  "gpu-memory": "GPU memory",
  processors: "processors",
  memory: "memory",
  disk: "free disk",
  tool: "tool",
};

function amount({ kind }: Need, value: number | string | undefined): string {
  if (typeof value !== "number") {
    return value ?? notTold;
  }
  return kind === "gpus" || kind === "processors" ? roundedCount(value) : formatBytes(value);
}

function roundedCount(value: number): string {
  return String(Math.round(value * 10) / 10);
}
