import { type LoadedTask, profileOf } from "../tasks";

/** Says on stderr which variables of this environment a scoring here gets with the profile's value instead: a model endpoint, say. */
export function tellOverriddenVariables(task: LoadedTask, profile: string): void {
  const { env } = profileOf(task, profile);
  for (const [name, value] of Object.entries(env)) {
    if (process.env[name] !== undefined && process.env[name] !== value) {
      process.stderr.write(`note: ${name} is set here and does not count: profile ${profile} of ${task.task.id} sets it in task.json.\n`);
    }
  }
}
