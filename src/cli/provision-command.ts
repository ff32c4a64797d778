import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { plainSystemReason, singleLine, writeFileDurably } from "../base";
import { loadSsh, type SshHost } from "../boxes";
import { assignmentSchema } from "../sessions";
import { loadTask, provisionTask } from "../tasks";
import { type Outcome, parse, printJson, sshOptions, UsageError } from "./command";

/** `baseliner task provision TASK --box TARGET`. */
export async function provisionTaskCommand(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, {
    box: { type: "string" },
    root: { type: "string" },
    profile: { type: "string", default: "cpu" },
    participant: { type: "string", default: `p-${randomBytes(3).toString("hex")}` },
    expert: { type: "string" },
    "expert-key": { type: "string" },
    scorer: { type: "string" },
    "scorer-path": { type: "string" },
    "host-key": { type: "string" },
    out: { type: "string" },
  });
  const [folder] = positionals;
  if (folder === undefined || values.box === undefined) {
    throw new UsageError("task provision needs a task folder and --box TARGET");
  }
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(values.participant)) {
    throw new UsageError("a participant code has up to 64 letters, digits, dots, hyphens or underscores");
  }
  const loaded = await loadTask(resolve(folder));
  const expertKey = values["expert-key"] === undefined ? undefined : await readKey(values["expert-key"]);
  const ssh = await loadSsh();
  const options = sshOptions(values["host-key"] === undefined ? undefined : [values["host-key"]]);
  const target = await ssh.resolveTarget(values.box, options);
  const connection = new ssh.SshConnection(target, options);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort(new UsageError("stopped; what was put on the box was removed again")));
  try {
    await connection.connect();
    const shown = connection.hostKeys;
    const { root, provision, account, hostKeys } = await provisionTask(loaded, new ssh.SshBox(connection), {
      profile: values.profile,
      participant: values.participant,
      root: values.root,
      expert: values.expert,
      expertKey,
      scorer: values.scorer,
      scorerPath: values["scorer-path"]?.split(":"),
      signal: stop.signal,
      onProgress: (step) => process.stderr.write(`${singleLine(step)}\n`),
    });
    const assignment = {
      box: {
        kind: "ssh",
        target: targetOf(target.destination, account),
        hostKey: [...new Set([...shown.slice(-1), ...hostKeys])],
        ...(target.hops.length === 0 ? {} : { jump: target.hops.map((hop, index) => ({ target: targetOf(hop, undefined), hostKey: shown.slice(index, index + 1) })) }),
        root,
      },
      profile: values.profile,
      participant: values.participant,
    };
    assignmentSchema().parse(assignment);
    const text = `${JSON.stringify(assignment, undefined, 2)}\n`;
    const link = `vscode://baseliner.baseliner/assignment?json=${Buffer.from(JSON.stringify(assignment)).toString("base64url")}`;
    if (values.out !== undefined) {
      await writeFileDurably(resolve(values.out), text);
    }
    if (values.json) {
      printJson({ assignment, link, protection: provision.protection });
    } else {
      process.stdout.write(`${text}${link}\n`);
    }
    for (const remark of remarks(provision.protection, account, expertKey, target.hops)) {
      process.stderr.write(`${remark}\n`);
    }
    return "done";
  } finally {
    connection.close();
  }
}

/** What the author should know that is no part of the assignment. */
function remarks(protection: "accounts" | "none", account: string | undefined, expertKey: string | undefined, hops: readonly SshHost[]): string[] {
  return [
    protection === "accounts" ? "Protected: scoring has an account of its own, and the protection was tried from both accounts." : "Unprotected: whoever solves the task on this box can also change its scoring.",
    ...(account !== undefined && expertKey === undefined ? [`No key was given with --expert-key, so ${account} can log in only with one that is there already.`] : []),
    ...(hops.length > 0 ? [`You reach the box through ${hops.map(({ host }) => singleLine(host)).join(", ")}, as the account that the assignment names: the expert needs a key there too, or write another account into its "jump".`] : []),
  ];
}

async function readKey(file: string): Promise<string> {
  try {
    return await readFile(resolve(file), "utf8");
  } catch (error) {
    throw new UsageError(`--expert-key ${file}: ${plainSystemReason(error)}`);
  }
}

/** `user@host:port` that means the same without the author's ssh configuration. */
function targetOf(host: SshHost, account: string | undefined): string {
  const address = host.host.includes(":") ? `[${host.host}]` : host.host;
  return `${account ?? host.user}@${address}:${host.port}`;
}
