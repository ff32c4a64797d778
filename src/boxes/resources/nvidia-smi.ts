import { singleLine } from "../../base";
import type { Gpu } from "./resources";

const mebibyte = 1024 * 1024;

/** One line of `--query-gpu=count,index,uuid,driver_version,memory.total,memory.used,utilization.gpu,…,name`. */
export interface GpuRow {
  /** How many GPUs a round of lines tells of. */
  readonly count: number;
  readonly gpu: Gpu;
}

/** The GPU that a line tells of; undefined for any other line that nvidia-smi prints. */
export function parseGpuRow(line: string): GpuRow | undefined {
  const fields = line.split(",").map((field) => field.trim());
  const [count = "", index = "", uuid = "", driver = "", total = "", used = "", load = "", , ...name] = fields;
  if (name.length === 0 || !/^\d{1,4}$/.test(index)) {
    return undefined;
  }
  const problems = [count, uuid, total, used, load, ...name].flatMap((field) => problemIn(field) ?? []);
  return {
    count: /^\d{1,4}$/.test(count) ? Number(count) : Infinity,
    gpu: {
      index: Number(index),
      uuid: singleLine(uuid, 80),
      // A name may hold a comma.
      model: singleLine(name.join(", "), 80),
      driver: /^[\d.]+$/.test(driver) ? driver : undefined,
      memoryBytes: inBytes(total),
      memoryUsedBytes: inBytes(used),
      load: numberIn(load),
      instances: [],
      problem: problems[0],
    },
  };
}

/**
 * The instances that `nvidia-smi -L` lists of each GPU, by its index: `  MIG 3g.40gb     Device  0: (UUID: …)`
 * under `GPU 0: NVIDIA A100 (UUID: …)`.
 */
export class InstanceList {
  readonly instances = new Map<number, string[]>();
  private gpu = -1;

  add(line: string): void {
    const gpu = /^GPU (\d{1,4}): /.exec(line);
    if (gpu !== null) {
      this.gpu = Number(gpu[1]);
      return;
    }
    const instance = /^\s+MIG (\S+)\s/.exec(line)?.[1];
    if (instance !== undefined) {
      this.instances.set(this.gpu, [...(this.instances.get(this.gpu) ?? []), singleLine(instance, 40)]);
    }
  }
}

/** Memory of a MIG instance by its profile: `3g.40gb` has 40 GB, `1c.3g.40gb` too. Undefined for other texts. */
export function instanceBytes(profile: string): number | undefined {
  const size = /(?:^|\.)(\d{1,4})gb(?:$|[.+])/.exec(profile)?.[1];
  return size === undefined ? undefined : Number(size) * 1e9;
}

/** Length in bytes from a number of MiB; undefined for `[N/A]` and its like. */
export function inBytes(mebibytes: string): number | undefined {
  const number = numberIn(mebibytes);
  return number === undefined ? undefined : number * mebibyte;
}

function numberIn(field: string): number | undefined {
  return /^\d{1,9}(\.\d+)?$/.test(field) ? Number(field) : undefined;
}

/** What says that something is wrong, in place of a value; that a value is not there for this model or account is no problem. */
function problemIn(field: string): string | undefined {
  const inBrackets = /^\[(.*)\]$/.exec(field)?.[1] ?? (field === "ERR!" ? "an error" : undefined);
  return inBrackets === undefined || /^(N\/A|Not Supported|Not Found|Insufficient Permissions|No Permissions)$/i.test(inBrackets) ? undefined : singleLine(inBrackets, 80);
}
