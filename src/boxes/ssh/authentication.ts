import { readFile } from "node:fs/promises";
import { type AnyAuthMethod, type AuthenticationType, BaseAgent, createAgent, type ParsedKey, utils } from "ssh2";
import { messageOf, systemErrorCode } from "../../base";
import { fingerprintOf } from "./host-key";
import type { SshHost } from "./target";

/** One question of a box, in its own words: hostile text. */
export interface BoxQuestion {
  readonly text: string;
  /** Whether the answer may be seen while it is typed. */
  readonly echo: boolean;
}

/** Asks a person for what proves who they are. Undefined as an answer: they do not want to say. What is asked for is never logged. */
export interface Credentials {
  /** @param failed whether the answer before this question was wrong */
  passphrase(keyFile: string, failed: boolean): Promise<string | undefined>;
  password(host: SshHost, failed: boolean): Promise<string | undefined>;
  answers(host: SshHost, name: string, instructions: string, questions: readonly BoxQuestion[]): Promise<string[] | undefined>;
}

/** Nobody is asked: agent and keys without a passphrase only. */
export const noCredentials: Credentials = {
  passphrase: () => Promise.resolve(undefined),
  password: () => Promise.resolve(undefined),
  answers: () => Promise.resolve(undefined),
};

/** How often a passphrase or password is asked for before going on without. */
const askTimes = 3;

/**
 * What a person unlocked or typed, kept in memory while a box is in use, so that
 * a lost connection comes back without asking again.
 */
export class UnlockedCredentials {
  readonly keys = new Map<string, ParsedKey>();
  readonly passwords = new Map<string, string>();
}

/**
 * The ways of proving who we are, in the order of trying: agent, key files,
 * password, the box's own questions.
 */
export class Authentication {
  /** What became of each way that was tried: method, key, why it was passed over. For the log and for the error; holds no secret. */
  readonly record: string[] = [];
  private left: readonly string[] = [];
  private readonly methods: AsyncGenerator<AnyAuthMethod, void>;
  private pending: string | undefined;
  private password: string | undefined;

  /** @param asked wraps every question to a person; the deadline stands still meanwhile */
  constructor(
    private readonly host: SshHost,
    private readonly credentials: Credentials,
    private readonly unlocked: UnlockedCredentials,
    private readonly asked: <T>(question: Promise<T>) => Promise<T>,
    private readonly log: (line: string) => void,
  ) {
    this.methods = this.inOrder();
  }

  /** The next way to try, or false when there is none left. `left` are the methods that the box would still take. */
  async next(left: readonly AuthenticationType[] | null, partial: boolean | null): Promise<AnyAuthMethod | false> {
    // Null before the first answer of the box.
    this.left = left ?? [];
    if (this.pending !== undefined) {
      this.note(`${this.pending}: ${partial === true ? "accepted, more is asked for" : "refused"}`);
      this.pending = undefined;
    }
    const { value, done } = await this.methods.next();
    return done === true ? false : value;
  }

  /** The last way that was tried was accepted. */
  accepted(): void {
    if (this.pending !== undefined) {
      this.note(`${this.pending}: accepted`);
    }
    if (this.password !== undefined) {
      this.unlocked.passwords.set(this.host.name, this.password);
    }
  }

  private async *inOrder(): AsyncGenerator<AnyAuthMethod, void> {
    const username = this.host.user;
    // Tells which methods the box takes at all; servers do not count it as an attempt.
    yield { type: "none", username };
    if (this.takes("publickey")) {
      yield* this.agentKeys(username);
    }
    for (const file of this.host.keyFiles) {
      if (!this.takes("publickey")) {
        break;
      }
      const key = await this.keyOf(file);
      if (key !== undefined) {
        this.pending = `key ${file} ${fingerprintOf(key.getPublicSSH())}`;
        yield { type: "publickey", username, key };
      }
    }
    yield* this.passwords(username);
    for (let time = 0; time < askTimes && this.takes("keyboard-interactive"); time += 1) {
      const asking = { declined: false };
      this.pending = "keyboard-interactive";
      yield {
        type: "keyboard-interactive",
        username,
        prompt: (name, instructions, _language, prompts, finish) => {
          const questions = prompts.map(({ prompt, echo }) => ({ text: prompt, echo: echo === true }));
          this.asked(this.credentials.answers(this.host, name, instructions, questions)).then(
            (answers) => {
              asking.declined = answers === undefined;
              finish(answers ?? questions.map(() => ""));
            },
            () => {
              asking.declined = true;
              finish(questions.map(() => ""));
            },
          );
        },
      };
      if (asking.declined) {
        break;
      }
    }
  }

  private async *agentKeys(username: string): AsyncGenerator<AnyAuthMethod, void> {
    if (this.host.agent === undefined) {
      this.note("agent: there is none");
      return;
    }
    const agent = createAgent(this.host.agent);
    const wanted = this.host.identitiesOnly ? await publicKeys(this.host.keyFiles) : undefined;
    for (const identity of await this.identitiesOf(agent)) {
      const blob = publicBlob(identity);
      if (blob === undefined || wanted?.some((key) => key.equals(blob)) === false) {
        continue;
      }
      if (!this.takes("publickey")) {
        return;
      }
      this.pending = `agent key ${fingerprintOf(blob)}`;
      yield { type: "agent", username, agent: new OneIdentity(agent, identity) };
    }
  }

  private async identitiesOf(agent: BaseAgent): Promise<Identity[]> {
    return await new Promise((resolve) => {
      agent.getIdentities((error, keys) => {
        if (error) {
          this.note(`agent: cannot be reached (${error.message})`);
        } else if (keys === undefined || keys.length === 0) {
          this.note("agent: holds no key that can be used (certificates and security keys are not supported)");
        }
        resolve((keys ?? []).filter((key) => !(typeof key === "object" && "pubKey" in key)) as Identity[]);
      });
    });
  }

  private async keyOf(file: string): Promise<ParsedKey | undefined> {
    const before = this.unlocked.keys.get(file);
    if (before !== undefined) {
      return before;
    }
    let text;
    try {
      text = await readFile(file);
    } catch (error) {
      if (systemErrorCode(error) !== "ENOENT") {
        this.note(`key ${file}: cannot be read (${messageOf(error)})`);
      }
      return undefined;
    }
    let key = firstKey(text);
    for (let time = 0; key instanceof Error && isEncrypted(key) && time < askTimes; time += 1) {
      const passphrase = await this.asked(this.credentials.passphrase(file, time > 0));
      if (passphrase === undefined) {
        this.note(`key ${file}: passed over, it needs a passphrase`);
        return undefined;
      }
      key = firstKey(text, passphrase);
    }
    if (key instanceof Error) {
      this.note(`key ${file}: passed over (${isEncrypted(key) ? "wrong passphrase" : `${key.message}; certificates and security keys are not supported`})`);
      return undefined;
    }
    this.unlocked.keys.set(file, key);
    return key;
  }

  private async *passwords(username: string): AsyncGenerator<AnyAuthMethod, void> {
    for (let time = 0; time < askTimes && this.takes("password"); time += 1) {
      const before = time === 0 ? this.unlocked.passwords.get(this.host.name) : undefined;
      const password = before ?? (await this.asked(this.credentials.password(this.host, time > 0)));
      if (password === undefined) {
        this.note("password: none was given");
        return;
      }
      this.password = password;
      this.pending = "password";
      yield { type: "password", username, password };
      this.password = undefined;
      this.unlocked.passwords.delete(this.host.name);
    }
  }

  private takes(method: string): boolean {
    return this.left.includes(method);
  }

  private note(line: string): void {
    this.record.push(line);
    this.log(`${this.host.name}: ${line}`);
  }
}

type Identity = string | Buffer | ParsedKey;

/** An agent with only one of its keys, so that boxes that count attempts (MaxAuthTries) count one at a time. */
class OneIdentity extends BaseAgent<Identity> {
  constructor(
    private readonly agent: BaseAgent<Identity>,
    private readonly identity: Identity,
  ) {
    super();
  }

  override getIdentities(callback: Parameters<BaseAgent<Identity>["getIdentities"]>[0]): void {
    callback(null, [this.identity]);
  }

  override sign(...args: unknown[]): void {
    (this.agent as { sign: (...all: unknown[]) => void }).sign(...args);
  }
}

function firstKey(text: Buffer, passphrase?: string): ParsedKey | Error {
  const parsed: unknown = utils.parseKey(text, passphrase);
  const key: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error) {
    return key;
  }
  return (key as ParsedKey).isPrivateKey() ? (key as ParsedKey) : new Error("it is not a private key");
}

/** ssh2 tells of a missing and of a wrong passphrase in its messages only. */
function isEncrypted(error: Error): boolean {
  return /encrypted|passphrase|decrypt|integrity check/i.test(error.message);
}

function publicBlob(identity: Identity): Buffer | undefined {
  const key: unknown = utils.parseKey(identity);
  const parsed: unknown = Array.isArray(key) ? key[0] : key;
  return parsed instanceof Error ? undefined : (parsed as ParsedKey).getPublicSSH();
}

async function publicKeys(keyFiles: readonly string[]): Promise<Buffer[]> {
  const texts = await Promise.all(keyFiles.map((file) => readFile(`${file}.pub`).catch(() => undefined)));
  return texts.flatMap((text) => (text === undefined ? [] : (publicBlob(text) ?? [])));
}
