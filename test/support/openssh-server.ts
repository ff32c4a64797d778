import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { SshHost, SshTarget } from "../../src/boxes/ssh";

const program = "/usr/sbin/sshd";

/** Why tests with a real sshd cannot run here; undefined where they can. */
export const whyNoSshd = process.platform !== "linux" ? "sshd is started on Linux only" : existsSync(program) ? undefined : "openssh-server is not installed";

export interface SshdOptions {
  /** Lines of sshd_config in front of the usual ones; the first of a kind wins. */
  readonly config?: readonly string[];
  /** Arguments of internal-sftp. */
  readonly sftp?: string;
  /** Instead of a new host key. */
  readonly hostKeyFile?: string;
  readonly port?: number;
  /** Whether it also lets in whoever has a key in the authorized_keys of an account. */
  readonly ownKeys?: boolean;
}

const setEnv = "SetEnv ";

/**
 * What its commands find around them. bash takes a first shell that sshd starts for one to set up by ~/.bashrc, which for a person who has much in
 * there takes longer than most commands of the tests: it is told that it is not the first. Then the programs of a plain system come first.
 */
function surroundings({ config = [], ownKeys }: SshdOptions): string {
  const wanted = config.filter((line) => line.startsWith(setEnv)).map((line) => line.slice(setEnv.length));
  // Other accounts cannot get at programs of this one.
  const path = `PATH=/usr/local/bin:/usr/bin:/bin${ownKeys === true ? "" : `:${process.env["PATH"] ?? ""}`}`;
  return `${setEnv}${[...wanted, ...(wanted.join(" ").includes("PATH=") ? [] : [JSON.stringify(path)]), "SHLVL=1"].join(" ")}`;
}

/** A real OpenSSH server on this computer, as an ordinary process that listens on its loopback interface. */
export class OpensshServer {
  protected constructor(
    readonly folder: string,
    readonly port: number,
    /** Private key that it lets in. */
    readonly keyFile: string,
    readonly hostKeyFile: string,
    /** known_hosts with its key, for the port that it listens on. */
    readonly knownHosts: string,
    protected readonly server: ChildProcess,
  ) {}

  /** Starts it with its keys and configuration in an empty folder; `stop` ends it. */
  static async launch(folder: string, options: SshdOptions = {}): Promise<OpensshServer> {
    const port = options.port ?? (await freePort());
    const hostKeyFile = options.hostKeyFile ?? newKey(folder, "host_key");
    const keyFile = newKey(folder, "user_key");
    const knownHosts = join(folder, "known_hosts");
    writeFileSync(join(folder, "authorized_keys"), readFileSync(`${keyFile}.pub`));
    // sshd separates privileges into this folder where it runs as root.
    if (process.getuid?.() === 0) {
      mkdirSync("/run/sshd", { recursive: true });
    }
    writeFileSync(
      join(folder, "sshd_config"),
      [
        ...(options.config ?? []).filter((line) => !line.startsWith(setEnv)),
        surroundings(options),
        `Port ${port}`,
        "ListenAddress 127.0.0.1",
        `HostKey ${hostKeyFile}`,
        `AuthorizedKeysFile ${options.ownKeys === true ? ".ssh/authorized_keys " : ""}${join(folder, "authorized_keys")}`,
        `PidFile ${join(folder, "sshd.pid")}`,
        "StrictModes no",
        "UsePAM no",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "PermitRootLogin yes",
        `Subsystem sftp internal-sftp ${options.sftp ?? ""}`,
        "LogLevel ERROR",
        "",
      ].join("\n"),
    );
    const server = spawn(program, ["-D", "-e", "-f", join(folder, "sshd_config")], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    server.stderr.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
    const sshd = new OpensshServer(folder, port, keyFile, hostKeyFile, knownHosts, server);
    sshd.trust(port);
    for (;;) {
      if (server.exitCode !== null) {
        throw new Error(`sshd did not start: ${said}`);
      }
      if (await accepts(port)) {
        return sshd;
      }
      await delay(10);
    }
  }

  /** Adds its key to known_hosts, as that of another port of this computer. */
  trust(port: number): void {
    const [type = "", key = ""] = readFileSync(`${this.hostKeyFile}.pub`, "utf8").split(" ");
    appendFileSync(this.knownHosts, `[127.0.0.1]:${port} ${type} ${key}\n`);
  }

  /** The way to it, as ssh's configuration would give it. */
  host(changes: Partial<SshHost> = {}): SshHost {
    return {
      name: "the box",
      host: "127.0.0.1",
      port: this.port,
      user: userInfo().username,
      keyFiles: [this.keyFile],
      identitiesOnly: false,
      agent: undefined,
      hostKeyAlias: undefined,
      knownHostsFiles: [this.knownHosts],
      ...changes,
    };
  }

  target(changes: Partial<SshHost> = {}): SshTarget {
    return { hops: [], destination: this.host(changes) };
  }

  /** Ends the server; connections that stand go on. */
  async stop(): Promise<void> {
    if (this.server.exitCode === null && this.server.signalCode === null) {
      this.server.kill("SIGTERM");
      await once(this.server, "exit");
    }
  }
}

/** A new key pair without passphrase; returns the path of the private key. */
export function newKey(folder: string, name: string, ...options: string[]): string {
  const path = join(folder, name);
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path, ...options]);
  return path;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function accepts(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
