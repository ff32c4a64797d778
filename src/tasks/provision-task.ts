import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { posix } from "node:path";
import { sha256, singleLine } from "../base";
import { BoxError, fingerprintOf, protectedEntry, protectedPath, type SshBox } from "../boxes";
import { accountsProgram, accountsVariable } from "./accounts-program";
import { type LoadedTask, profileOf } from "./load-task";
import { type Provision, ProvisionError, provisioned } from "./provision";
import {
  type Accounts,
  accountsScript,
  ancestorsScript,
  installSudoScript,
  makeRootScript,
  openScript,
  protectScript,
  refused,
  removeRootScript,
  scorerPathScript,
  selfTestScript,
  sudoersText,
  surveyScript,
} from "./provision-scripts";
import { hashesOf, scoringFiles } from "./scoring-files";
import { resultLimitBytes, resultVariable, scoringCommand, scoringOutputLimitBytes, solverVariable } from "./scoring-result";
import { partsOnBox, type TaskPart } from "./task-parts";

/** How a task is put on a box. */
export interface ProvisionOptions {
  readonly profile: string;
  readonly participant: string;
  /** Absolute path on the box, of a folder that does not exist; unless told, a new one of this task and participant. */
  readonly root?: string | undefined;
  /** The expert's account, where we are root on the box; made where it is missing. `expert` unless told. */
  readonly expert?: string | undefined;
  /** A public key that the expert logs in with, as `ssh-keygen` writes it. */
  readonly expertKey?: string | undefined;
  /** The account that scores. `scorer` unless told. */
  readonly scorer?: string | undefined;
  /**
   * Absolute paths of folders on the box that the scoring looks for programs in before the system's own, such as those of an installed
   * Python with PyTorch. They must be root's.
   */
  readonly scorerPath?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told before each step. */
  readonly onProgress?: (step: string) => void;
}

/** A task that lies on a box. */
export interface ProvisionedTask {
  /** Absolute path on the box. */
  readonly root: string;
  readonly provision: Provision;
  /** The expert's account; undefined where it is the one that put the task there. */
  readonly account: string | undefined;
  /** Fingerprints of the host keys that the box says it has: `SHA256:…`. */
  readonly hostKeys: readonly string[];
}

/** How long a short script may take, and one that installs or copies, in ms. */
const shortWait = 60_000;
const longWait = 900_000;

/** What a box said of itself. */
interface Survey {
  readonly home: string;
  readonly uid: number;
  readonly system: string;
  /** Absolute paths by name. */
  readonly tools: ReadonlyMap<string, string>;
  readonly hostKeys: readonly string[];
}

/**
 * Puts a task into a new folder on a box. Where we are root there, scoring gets an account of its own, and it is tried
 * out from both accounts whether that holds; else the task is unprotected. What fails is removed again.
 * @throws {ProvisionError} `exists`, `unsuitable`, `failed`; {TaskError} `no-profile`; {BoxError}; the reason of `signal`
 */
export async function provisionTask(loaded: LoadedTask, box: SshBox, options: ProvisionOptions): Promise<ProvisionedTask> {
  profileOf(loaded, options.profile);
  const parts = await partsOnBox(loaded);
  const step = (text: string): void => {
    options.signal?.throwIfAborted();
    options.onProgress?.(text);
  };
  step(`Looking at ${box.name}`);
  const survey = await surveyOf(box);
  const accounts = survey.uid === 0 ? accountsOf(options) : undefined;
  if (accounts === undefined && [options.expert, options.expertKey, options.scorer, options.scorerPath].some((option) => option !== undefined)) {
    throw new ProvisionError("unsuitable", `Accounts can only be made by root, and we are not root on ${box.name}: connect as root, or leave out the accounts.`);
  }
  for (const folder of options.scorerPath ?? []) {
    expectPlainPath(folder, `The folder ${singleLine(folder)} cannot be searched for programs`);
  }
  const root = rootFor(loaded, options, survey, accounts !== undefined);
  step(`Making ${root}`);
  await make(box, root);
  const rule = accounts === undefined ? undefined : ruleFor(root);
  try {
    const tools = accounts === undefined ? undefined : await prepare(box, root, accounts, survey, options, step);
    const sent = await upload(box, root, parts, step);
    const provision = await record(loaded, box, root, sent, accounts !== undefined);
    if (accounts === undefined || tools === undefined) {
      await run(box, openScript(root), longWait, `${root} could not be finished`);
    } else {
      await protect(loaded, box, root, accounts, rule ?? "", tools, options, step);
    }
    return { root, provision, account: accounts?.expert, hostKeys: survey.hostKeys };
  } catch (error) {
    await box.runScript(removeRootScript(root, rule), longWait).catch(() => undefined);
    throw error;
  }
}

async function surveyOf(box: SshBox): Promise<Survey> {
  const lines = (await run(box, surveyScript, shortWait, `${box.name} could not be looked at`)).split("\n");
  const values = (name: string): string[] => lines.flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : []));
  const [home = "", uid = "", system = ""] = [values("home")[0], values("uid")[0], values("system")[0]];
  if (!home.startsWith("/") || !/^\d+$/.test(uid)) {
    throw new BoxError("invalid-answer", `${box.name} does not tell its home folder and account.`);
  }
  const tools = ["python3", "sudo", "visudo", "useradd", "su"].flatMap((name): [string, string][] => values(name).slice(0, 1).map((place) => [name, place]));
  const hostKeys = values("key").map((key) => fingerprintOf(Buffer.from(key, "base64")));
  return { home, uid: Number(uid), system, tools: new Map(tools), hostKeys };
}

function accountsOf({ expert = "expert", scorer = "scorer", expertKey }: ProvisionOptions): Accounts {
  for (const account of [expert, scorer]) {
    if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(account)) {
      throw new ProvisionError("unsuitable", `${singleLine(account)} cannot be an account: take lower-case letters, digits, hyphens and underscores.`);
    }
  }
  if (expertKey !== undefined && !/^(ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [\x20-\x7e]*)?$/.test(expertKey.trim())) {
    throw new ProvisionError("unsuitable", "The expert's key is not one line of a public key, such as a file .ssh/id_ed25519.pub.");
  }
  return { expert, scorer };
}

function rootFor({ task }: LoadedTask, options: ProvisionOptions, survey: Survey, asRoot: boolean): string {
  const place = asRoot ? "/srv/baseliner" : `${survey.home}/baseliner`;
  const root = options.root ?? `${place}/${task.id}-${options.participant}-${randomBytes(4).toString("hex")}`;
  if (posix.normalize(root) !== root || !root.startsWith("/") || root.endsWith("/")) {
    throw new ProvisionError("unsuitable", `${root} is not an absolute path of a folder on the box: write it without . and .. and without a slash at its end.`);
  }
  if (asRoot) {
    expectPlainPath(root, `${root} cannot be protected`);
  }
  return root;
}

/** What stands in a rule of sudo, where other characters have a meaning. */
function expectPlainPath(path: string, cannotBe: string): void {
  if (posix.normalize(path) !== path || !/^(\/[A-Za-z0-9._-]+)+$/.test(path)) {
    throw new ProvisionError("unsuitable", `${cannotBe}: take an absolute path of letters, digits, dots, hyphens and underscores.`);
  }
}

/** The file of sudo's rule for a root. */
function ruleFor(root: string): string {
  return `/etc/sudoers.d/baseliner-${posix.basename(root).replace(/[^A-Za-z0-9]+/g, "-").slice(0, 100)}-${sha256(root).slice(0, 8)}`;
}

async function make(box: SshBox, root: string): Promise<void> {
  const { code, stdout, stderr } = await box.runScript(makeRootScript(root), shortWait);
  if (code !== 0) {
    const why = singleLine(stdout.toString("utf8") || stderr);
    throw new ProvisionError(why === "it exists already" ? "exists" : "failed", `${root} could not be made on ${box.name}: ${why}. Nothing was changed there; name another place with --root.`);
  }
}

/** Sends all parts; returns their hashes, as they should be found there. */
async function upload(box: SshBox, root: string, parts: readonly TaskPart[], step: (text: string) => void): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<string, string>();
  for (const [index, part] of parts.entries()) {
    step(`Sending ${index + 1} of ${parts.length}: ${part.path}`);
    const path = `${root}/${part.path}`;
    if (part.kind === "link") {
      await box.writeLink(path, part.target);
      hashes.set(part.path, sha256(`link to ${part.target}`));
    } else {
      const hash = createHash("sha256");
      await box.writeFile(path, hashed(createReadStream(part.source), hash), { executable: part.executable });
      hashes.set(part.path, hash.digest("hex"));
    }
  }
  return hashes;
}

async function* hashed(stream: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>): AsyncGenerator<Uint8Array, void> {
  for await (const block of stream) {
    hash.update(block);
    yield block;
  }
}

/** Writes provision.json from what the box finds in its files, which must be what was sent. */
async function record({ task }: LoadedTask, box: SshBox, root: string, sent: ReadonlyMap<string, string>, protect: boolean): Promise<Provision> {
  const arrived = { ...(await scoringFiles(box, root)), ...prefixed(provisioned.workspace, await hashesIn(box, root, sent)) };
  const wrong = [...sent].find(([path, hash]) => arrived[path] !== hash);
  if (wrong !== undefined) {
    throw new ProvisionError("failed", `${wrong[0]} did not arrive on ${box.name} as it was sent; nothing was left there: try again.`);
  }
  const provision: Provision = {
    format: 1,
    task: { id: task.id, version: task.version },
    protection: protect ? "accounts" : "none",
    files: await scoringFiles(box, root, protect ? "accounts" : "none"),
    startingSolution: await hashesOf(box, `${root}/${provisioned.workspace}`, []),
    entry: protect ? `${root}/${provisioned.entry}` : null,
    provisionedAt: new Date(await box.time()).toISOString(),
  };
  await box.writeFile(`${root}/${provisioned.record}`, Buffer.from(`${JSON.stringify(provision, undefined, 2)}\n`));
  return provision;
}

/** A starting solution may be empty, and its folder then still to be made. */
async function hashesIn(box: SshBox, root: string, sent: ReadonlyMap<string, string>): Promise<Record<string, string>> {
  const folder = `${root}/${provisioned.workspace}`;
  if (![...sent.keys()].some((path) => path.startsWith(`${provisioned.workspace}/`))) {
    const draft = `${folder}/.empty`;
    await box.writeFile(draft, Buffer.alloc(0));
    await box.removeFile(draft);
  }
  return await hashesOf(box, folder, []);
}

function prefixed(folder: string, hashes: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(hashes).map(([path, hash]) => [`${folder}/${path}`, hash]));
}

/** Absolute paths of the programs that protected scoring needs. */
interface Tools {
  readonly python: string;
  readonly sudo: string;
}

const cannot = (box: SshBox): string => `The task cannot be protected on ${box.name}; nothing was left there but accounts that may have been made`;

/** Makes the accounts; what stands in the way of them is found before anything is sent. */
async function prepare(box: SshBox, root: string, accounts: Accounts, before: Survey, options: ProvisionOptions, step: (text: string) => void): Promise<Tools> {
  let { tools } = before;
  const tool = (name: string): string => {
    const place = tools.get(name);
    if (before.system !== "Linux" || place === undefined) {
      throw new ProvisionError("unsuitable", `${cannot(box)}: it has no ${before.system === "Linux" ? name : "Linux"}.`);
    }
    return place;
  };
  const python = tool("python3");
  if (!tools.has("sudo") || !tools.has("visudo")) {
    step("Installing sudo");
    await run(box, installSudoScript, longWait, cannot(box));
    ({ tools } = await surveyOf(box));
  }
  for (const name of ["visudo", "useradd", "su"]) {
    tool(name);
  }
  await run(box, ancestorsScript(root, "name another place with --root"), shortWait, cannot(box));
  step(`Making the accounts ${accounts.expert} and ${accounts.scorer}`);
  await run(box, accountsScript(accounts, options.expertKey?.trim()), shortWait, cannot(box));
  for (const folder of options.scorerPath ?? []) {
    await run(box, scorerPathScript(folder, accounts), shortWait, cannot(box));
  }
  return { python, sudo: tool("sudo") };
}

/** Gives everything its owner, and the expert the one way to score. */
async function protect(
  loaded: LoadedTask,
  box: SshBox,
  root: string,
  accounts: Accounts,
  rule: string,
  tools: Tools,
  { profile, scorerPath = [] }: ProvisionOptions,
  step: (text: string) => void,
): Promise<void> {
  const { task } = loaded;
  const path = [...scorerPath, protectedPath].join(":");
  const entry = protectedEntry({
    ...tools,
    root,
    ...accounts,
    path,
    command: scoringCommand(task.scoring.command, root),
    environment: { ...profileOf(loaded, profile).env, ...(task.scoring.accounts ? { [accountsVariable]: JSON.stringify([tools.sudo, "-n", "--", `${root}/${provisioned.accounts}`]) } : {}) },
    timeoutSeconds: task.scoring.timeoutSeconds,
    outputLimitBytes: scoringOutputLimitBytes,
    variables: { result: resultVariable, solver: solverVariable },
    resultLimitBytes,
    hidesScores: !task.scoring.visible,
  });
  step("Protecting the scoring");
  await box.writeFile(`${root}/${provisioned.entry}`, Buffer.from(entry), { executable: true });
  if (task.scoring.accounts) {
    await box.writeFile(`${root}/${provisioned.accounts}`, Buffer.from(accountsProgram(tools.python, accounts)), { executable: true });
  }
  await run(box, protectScript(root, accounts, rule, sudoersText(root, accounts, path, task.scoring.accounts)), longWait, cannot(box));
  step("Trying the protection from both accounts");
  await run(box, selfTestScript(root, accounts, task.scoring.accounts), shortWait, cannot(box));
}

/** Runs a script that must succeed; returns what it printed. */
async function run(box: SshBox, script: string, withinMs: number, what: string): Promise<string> {
  const { code, stdout, stderr } = await box.runScript(script, withinMs);
  const said = stdout.toString("utf8");
  if (code !== 0) {
    const why = code === refused ? said : stderr.trim() || said;
    throw new ProvisionError(code === refused ? "unsuitable" : "failed", `${what}: ${singleLine(why, 500) || `a script ended with status ${code ?? "none"}`}.`);
  }
  return said;
}
