import { setTimeout as delay } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { SshBox, SshConnection, type SshConnectionOptions, type SshHost } from "../../src/boxes/ssh";
import { OpensshServer, type SshdOptions } from "./openssh-server";
import type { ConnectionStatus } from "../../src/boxes";
import { TcpProxy } from "./tcp-proxy";
import { temporaryFolder } from "./temporary-folder";

export { freePort, newKey, whyNoSshd } from "./openssh-server";

/** A real OpenSSH server, started for one test. */
export class Sshd {
  private constructor(private readonly server: OpensshServer) {}

  static async start(options: SshdOptions = {}): Promise<Sshd> {
    const server = await OpensshServer.launch(temporaryFolder(), options);
    onTestFinished(() => server.stop());
    return new Sshd(server);
  }

  get port(): number {
    return this.server.port;
  }

  get folder(): string {
    return this.server.folder;
  }

  /** Private key that it lets in. */
  get keyFile(): string {
    return this.server.keyFile;
  }

  get hostKeyFile(): string {
    return this.server.hostKeyFile;
  }

  /** known_hosts with its key, for the port that it listens on. */
  get knownHosts(): string {
    return this.server.knownHosts;
  }

  /** Adds its key to known_hosts, as that of another port of this computer. */
  trust(port: number): void {
    this.server.trust(port);
  }

  host(changes: Partial<SshHost> = {}): SshHost {
    return this.server.host(changes);
  }

  target(changes: Partial<SshHost> = {}) {
    return this.server.target(changes);
  }

  /** A connection that ends with the test. */
  connection(changes: Partial<SshHost> = {}, options: SshConnectionOptions = {}): SshConnection {
    // A busy computer may take long to answer; tests of that limit set their own.
    const connection = new SshConnection(this.target(changes), { wait: shortWait, connectWithinMs: 120_000, ...options });
    onTestFinished(() => connection.close());
    return connection;
  }

  /** A box that is connected until the test ends. */
  async box(changes: Partial<SshHost> = {}, options: SshConnectionOptions = {}): Promise<SshBox> {
    const box = new SshBox(this.connection(changes, options));
    await box.connection.connect();
    return box;
  }

  /** Ends the server; connections that stand go on. */
  async stop(): Promise<void> {
    await this.server.stop();
  }
}

/** A box behind a network that the test can break. */
export async function boxBehindProxy(options: SshConnectionOptions = {}, config: readonly string[] = []) {
  const sshd = await Sshd.start({ config });
  const proxy = await TcpProxy.to(sshd.port);
  sshd.trust(proxy.port);
  const states: ConnectionStatus["state"][] = [];
  const connection = sshd.connection({ port: proxy.port }, options);
  connection.subscribe(({ state }) => states.push(state));
  await connection.connect();
  return { sshd, proxy, connection, states, box: new SshBox(connection) };
}

/** Backoff without the waiting. */
export async function shortWait(_milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(20, undefined, { signal });
}
