/** One GPU, as nvidia-smi tells of it. What it does not tell is undefined. */
export interface Gpu {
  readonly index: number;
  readonly uuid: string;
  readonly model: string;
  readonly driver: string | undefined;
  readonly memoryBytes: number | undefined;
  readonly memoryUsedBytes: number | undefined;
  /** Per cent of the last sample period in which it did something. */
  readonly load: number | undefined;
  /** Profiles of the instances that it is divided into (MIG), such as `3g.40gb`. */
  readonly instances: readonly string[];
  /** What nvidia-smi says is wrong with it, such as `GPU is lost`. */
  readonly problem: string | undefined;
}

/** What is known of a box's GPUs. */
export type Gpus =
  | { readonly kind: "unknown" }
  /** There is no nvidia-smi, or it finds none. */
  | { readonly kind: "none" }
  /** nvidia-smi gives up, with what it says. */
  | { readonly kind: "failed"; readonly said: string }
  /** nvidia-smi runs and says nothing. */
  | { readonly kind: "silent" }
  | { readonly kind: "present"; readonly gpus: readonly Gpu[] };

/** A process that uses a GPU. */
export interface GpuProcess {
  readonly gpu: string;
  readonly pid: number;
  readonly memoryBytes: number | undefined;
  /** `unknown` where the box does not show the process, as inside most containers. */
  readonly owner: "ours" | "others" | "unknown";
  readonly user: string | undefined;
  readonly name: string | undefined;
}

/**
 * What a box has and how much of it is in use; undefined is what it does not tell. All text is
 * cleaned. Where a container's limits are lower than the machine's, they count.
 */
export interface BoxResources {
  readonly host: string | undefined;
  /** Name and release of the operating system's kernel, and the processor's architecture. */
  readonly system: string | undefined;
  readonly gpus: Gpus;
  /** Undefined until it is known. */
  readonly gpuProcesses: readonly GpuProcess[] | undefined;
  /** How many processors may be used; a fraction where a container limits it so. */
  readonly processors: number | undefined;
  /** Processes that ran or waited to run, mean of the last minute. */
  readonly load: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly memoryFreeBytes: number | undefined;
  /** Of the file system that the folder asked for lies on. */
  readonly disk: { readonly bytes: number; readonly freeBytes: number } | undefined;
  /** Version of each program or Python package looked for: empty where it does not tell, null where it is missing. Undefined until it is known. */
  readonly tools: Readonly<Record<string, string | null>> | undefined;
}

export const nothingKnown: BoxResources = {
  host: undefined,
  system: undefined,
  gpus: { kind: "unknown" },
  gpuProcesses: undefined,
  processors: undefined,
  load: undefined,
  memoryBytes: undefined,
  memoryFreeBytes: undefined,
  disk: undefined,
  tools: undefined,
};
