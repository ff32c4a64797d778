// Installs packages of the system, where we may: as root on Debian and its kin.
import { run, onPath } from "./command.mjs";

/** Whether packages of the system can be installed from here. */
export function canInstallSystemPackages() {
  return process.getuid?.() === 0 && onPath("apt-get") !== undefined;
}

/** @param {string[]} names */
export async function installSystemPackages(names) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const quietly = ["-qq", "-o", "DPkg::Lock::Timeout=120"];
  console.log(`Installing ${names.join(", ")}…`);
  await run("apt-get", [...quietly, "update"], { env, quiet: true });
  await run("apt-get", [...quietly, "install", "-y", "--no-install-recommends", ...names], { env, quiet: true });
}
