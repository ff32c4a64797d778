/** This process's environment without what the editor put there for itself. */
export function environmentOutsideTheEditor(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(VSCODE_|ELECTRON_|NODE_OPTIONS$)/.test(name));
  return { ...Object.fromEntries(kept), ...(process.versions["electron"] ? { ELECTRON_RUN_AS_NODE: "1" } : {}) };
}
