import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Why tests that need a disk of their own cannot run here; undefined where they can. */
export const whyNoDisks = ((): string | undefined => {
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    return "only root on Linux may mount a disk in memory";
  }
  const probe = join("/tmp", `baseliner-mount-${process.pid}`);
  mkdirSync(probe, { recursive: true });
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", probe]).status === 0;
  spawnSync("umount", [probe]);
  return mounted ? undefined : "mounting a disk in memory is not allowed here";
})();

/** Mounts a disk in memory that is gone when the test is over. @param size as `mount` takes it: `4m` */
export function mountMemory(folder: string, size: string): void {
  mkdirSync(folder, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder]);
  onTestFinished(() => {
    spawnSync("umount", ["-l", folder]);
  });
}

/**
 * Fills a disk to its last byte; returns what frees it again.
 * @param left so many bytes are left free; disks in memory count in pages of 4096
 */
export function fill(folder: string, left = 0): () => void {
  const path = join(folder, "filler");
  spawnSync("dd", ["if=/dev/zero", `of=${path}`, "bs=4k"]);
  spawnSync("sh", ["-c", `while printf x >> '${path}'; do :; done 2>/dev/null`], { timeout: 5000 });
  truncateSync(path, statSync(path).size - left);
  return () => {
    execFileSync("rm", [path]);
  };
}
