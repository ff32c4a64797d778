import { singleLine } from "../../base";
import { inBytes, InstanceList, parseGpuRow } from "./nvidia-smi";
import { type BoxResources, type Gpu, type GpuProcess, type Gpus, nothingKnown } from "./resources";

/** Longer lines are no lines of the script, in UTF-16 units. */
const longestLine = 4096;
/** So many GPUs and processes are taken at most. */
const mostOfAKind = 512;
/** After so many ticks without a word nvidia-smi counts as silent. */
const patientTicks = 3;

/**
 * Reads what the script of `probeScript` prints, in pieces of any size:
 *
 * ```
 * u uid      h host     o system               n no nvidia-smi
 * d df       p number   m total free (kB)      w load      c memory: limit, used, of that reclaimable; time: quota, period
 * t name version   T name (missing)   e all tools told
 * g a line of nvidia-smi    l a line of nvidia-smi -L
 * a gpu pid MiB uid user name    A all processes told
 * . a tick
 * ```
 */
export class ProbeReader {
  private known: BoxResources = nothingKnown;
  private readonly decoder = new TextDecoder("utf-8");
  private rest = "";
  private uid = "";
  private processors: number | undefined;
  private memory: { readonly total: number | undefined; readonly free: number | undefined } | undefined;
  private container: string[] = [];
  private readonly tools: Record<string, string | null> = {};
  private round: Gpu[] = [];
  private readonly instances = new InstanceList();
  private saidByTool: string[] = [];
  private quietTicks = 0;
  private processes: GpuProcess[] = [];
  private ticked = false;
  private diskTold = false;

  /** What is known by now. */
  get resources(): BoxResources {
    return this.known;
  }

  /** Whether everything has been told once, or is not going to be. */
  get complete(): boolean {
    const { gpus, gpuProcesses, tools } = this.known;
    return this.ticked && this.diskTold && tools !== undefined && gpus.kind !== "unknown" && (gpus.kind !== "present" || gpuProcesses !== undefined);
  }

  /** Takes the next piece; tells whether more is known now. */
  write(bytes: Uint8Array): boolean {
    const lines = (this.rest + this.decoder.decode(bytes, { stream: true })).split("\n");
    const before = this.known;
    this.rest = (lines.pop() ?? "").slice(0, longestLine);
    for (const line of lines) {
      if (line.length < longestLine) {
        this.read(line.slice(0, 1), line.slice(2));
      }
    }
    return this.known !== before;
  }

  private learn(news: Partial<BoxResources>): void {
    this.known = { ...this.known, ...news };
  }

  private read(kind: string, text: string): void {
    switch (kind) {
      case "u":
        this.uid = text;
        return;
      case "h":
        { this.learn({ host: singleLine(text, 80) || undefined }); return; }
      case "o":
        { this.learn({ system: singleLine(text, 80) || undefined }); return; }
      case "n":
        { this.learn({ gpus: { kind: "none" } }); return; }
      case "d":
        this.diskTold = true;
        { this.learn({ disk: parseDisk(text) }); return; }
      case "p":
        this.processors = numberIn(text);
        return;
      case "m": {
        const [total = "", free = ""] = text.split(" ");
        this.memory = { total: inKibibytes(total), free: inKibibytes(free) };
        return;
      }
      case "w":
        { this.learn({ load: numberIn(text.split(" ")[0] ?? "") }); return; }
      case "c":
        this.container = text.split(" ");
        return;
      case "t":
      case "T": {
        const [name = "", ...version] = text.split(" ");
        this.tools[singleLine(name, 80)] = kind === "T" ? null : singleLine(version.join(" "), 80);
        return;
      }
      case "e":
        { this.learn({ tools: { ...this.tools } }); return; }
      case "g":
        { this.readGpuLine(text); return; }
      case "l":
        { this.instances.add(text); return; }
      case "a":
        { this.readProcess(text); return; }
      case "A":
        this.learn({ gpuProcesses: this.processes });
        this.processes = [];
        return;
      case ".":
        { this.tick(); return; }
    }
  }

  private tick(): void {
    this.ticked = true;
    this.learn({ ...withLimits(this.processors, this.memory, this.container) });
    const { gpus } = this.known;
    if (gpus.kind === "present" || gpus.kind === "unknown") {
      this.quietTicks += 1;
      if (this.quietTicks > patientTicks) {
        this.learn({ gpus: { kind: "silent" } });
      }
    }
  }

  private readGpuLine(line: string): void {
    this.quietTicks = 0;
    const row = parseGpuRow(line);
    if (row !== undefined) {
      this.saidByTool = [];
      // A GPU that vanished makes a round shorter than it says.
      if (this.round.some(({ index }) => index >= row.gpu.index)) {
        this.endRound();
      }
      if (this.round.length < mostOfAKind) {
        this.round.push({ ...row.gpu, instances: this.instances.instances.get(row.gpu.index) ?? [] });
      }
      if (this.round.length >= row.count) {
        this.endRound();
      }
      return;
    }
    if (line === "again") {
      this.saidByTool = [];
      return;
    }
    if (!line.startsWith("status ")) {
      this.saidByTool = [...this.saidByTool, line].slice(0, 5);
      return;
    }
    if (this.round.length > 0) {
      this.endRound();
    }
    const said = singleLine(this.saidByTool.join(" "), 300);
    this.saidByTool = [];
    this.learn({ gpus: gpusAfterEnd(said, line) });
  }

  private endRound(): void {
    this.learn({ gpus: { kind: "present", gpus: this.round } });
    this.round = [];
  }

  private readProcess(text: string): void {
    const [gpu = "", pid = "", memory = "", uid = "", user = "", ...name] = text.split(" ");
    if (this.processes.length < mostOfAKind && /^\d{1,10}$/.test(pid)) {
      const isTold = /^\d+$/.test(uid);
      this.processes.push({
        gpu: singleLine(gpu, 80),
        pid: Number(pid),
        memoryBytes: inBytes(memory),
        owner: isTold ? (uid === this.uid ? "ours" : "others") : "unknown",
        user: isTold ? singleLine(user, 40) || uid : undefined,
        name: singleLine(name.join(" "), 40) || undefined,
      });
    }
  }
}

function gpusAfterEnd(said: string, status: string): Gpus {
  return /no devices were found/i.test(said) ? { kind: "none" } : { kind: "failed", said: said === "" ? `nvidia-smi ended (${singleLine(status, 40)})` : said };
}

/** The last line of `df -Pk`: name, total, used and free kB, use in per cent, place. Names may hold spaces. */
export function parseDisk(line: string): BoxResources["disk"] {
  const found = / (\d{1,16}) +\d{1,16} +(-?\d{1,16}) +(?:\d{1,3}%|-) /.exec(line);
  const [total, free] = [Number(found?.[1]), Number(found?.[2])];
  return found === null ? undefined : { bytes: total * 1024, freeBytes: Math.max(0, free) * 1024 };
}

/** Processors and memory, where a container has less of them than the machine. */
function withLimits(
  processors: number | undefined,
  memory: { readonly total: number | undefined; readonly free: number | undefined } | undefined,
  container: readonly string[],
): Pick<BoxResources, "processors" | "memoryBytes" | "memoryFreeBytes"> {
  const [limit, used, reclaimable, quota, period] = container.map(numberIn);
  const share = quota !== undefined && period !== undefined && period > 0 ? quota / period : undefined;
  const isLimited = limit !== undefined && memory?.total !== undefined && limit < memory.total;
  const left = isLimited && used !== undefined ? Math.max(0, limit - used + (reclaimable ?? 0)) : undefined;
  return {
    processors: processors === undefined || share === undefined ? processors : Math.min(processors, share),
    memoryBytes: isLimited ? limit : memory?.total,
    memoryFreeBytes: left === undefined ? memory?.free : Math.min(left, memory?.free ?? left),
  };
}

function numberIn(text: string): number | undefined {
  return /^\d{1,20}(\.\d{1,6})?$/.test(text) ? Number(text) : undefined;
}

function inKibibytes(text: string): number | undefined {
  const number = numberIn(text);
  return number === undefined ? undefined : number * 1024;
}
