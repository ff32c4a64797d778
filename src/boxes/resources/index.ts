export { followResources, readResources } from "./follow-resources";
export { instanceBytes } from "./nvidia-smi";
export type { ProbeOptions } from "./probe-script";
export { nothingKnown } from "./resources";
export type { BoxResources, Gpu, GpuProcess, Gpus } from "./resources";
