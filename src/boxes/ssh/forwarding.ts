import { EventEmitter, once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import type { ClientChannel } from "ssh2";
import { messageOf, singleLine, systemErrorCode } from "../../base";
import { BoxError } from "../box";
import type { Forwarding } from "../remote-box";
import type { SshConnection } from "./connection";

/** Why a box refuses to open a channel (RFC 4254, 5.1). */
const refusal = { prohibited: 1, connectFailed: 2 } as const;
/** How long a connection waits for the box, in ms. */
const waitForBox = 30_000;

/** Listens on a port of this computer and passes each connection on through the box. */
export class PortForwarding implements Forwarding {
  readonly localPort: number;
  problem: string | undefined;
  private readonly sockets = new Set<Socket>();
  private readonly stopped = new AbortController();
  private readonly events = new EventEmitter<{ changed: [] }>().setMaxListeners(0);
  private readonly unsubscribe: () => void;

  private constructor(
    private readonly connection: SshConnection,
    private readonly server: Server,
    readonly remoteHost: string,
    readonly remotePort: number,
  ) {
    this.localPort = (server.address() as AddressInfo).port;
    server.on("connection", (socket) => void this.pass(socket));
    server.on("error", (error) => this.tell(`The port of this computer broke (${singleLine(error.message)}).`));
    this.unsubscribe = connection.subscribe(({ state }) => {
      if (state === "closed") {
        this.close();
      }
    });
  }

  /** @throws {BoxError} `port-taken` */
  static async open(connection: SshConnection, localPort: number, remoteHost: string, remotePort: number): Promise<PortForwarding> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    try {
      // Nobody but this computer may use the way into the box.
      server.listen({ port: localPort, host: "127.0.0.1", exclusive: true });
      await once(server, "listening");
    } catch (error) {
      const taken = systemErrorCode(error) === "EADDRINUSE" || systemErrorCode(error) === "EACCES";
      throw new BoxError(taken ? "port-taken" : "failed", taken ? `Port ${localPort} of this computer is in use or not yours; choose another.` : `Port ${localPort} of this computer cannot be used (${messageOf(error)}).`, { cause: error });
    }
    return new PortForwarding(connection, server, remoteHost, remotePort);
  }

  get closed(): boolean {
    return this.stopped.signal.aborted;
  }

  subscribe(listener: () => void): () => void {
    this.events.on("changed", listener);
    return () => this.events.off("changed", listener);
  }

  close(): void {
    if (!this.closed) {
      this.stopped.abort(new BoxError("unreachable", "The port is not forwarded any more."));
      this.unsubscribe();
      this.server.close();
      this.sockets.forEach((socket) => socket.destroy());
      this.events.emit("changed");
    }
  }

  private async pass(socket: Socket): Promise<void> {
    this.sockets.add(socket);
    const gone = new AbortController();
    socket.on("error", () => undefined);
    socket.once("close", () => {
      this.sockets.delete(socket);
      gone.abort(new BoxError("unreachable", "The connection was given up."));
    });
    let channel: ClientChannel;
    try {
      channel = await this.openChannel(AbortSignal.any([this.stopped.signal, gone.signal, AbortSignal.timeout(waitForBox)]));
    } catch (error) {
      if (!this.closed && !gone.signal.aborted) {
        this.tell(this.whyNot(error));
      }
      socket.resetAndDestroy();
      return;
    }
    this.tell(undefined);
    // Either direction may end before the other.
    await Promise.allSettled([pipeline(socket, channel), pipeline(channel, socket)]);
    socket.destroy();
    channel.destroy();
  }

  private async openChannel(signal: AbortSignal): Promise<ClientChannel> {
    return await this.connection.during(
      async (link) => {
        const channel = await link.answer<ClientChannel>("opening a connection", waitForBox, (settle) => link.client.forwardOut("127.0.0.1", 0, this.remoteHost, this.remotePort, settle));
        // ssh2 leaves channels of a lost link open.
        const end = (): void => void channel.destroy();
        channel.on("error", () => undefined);
        channel.stderr.resume();
        link.over.addEventListener("abort", end, { once: true });
        channel.once("close", () => link.over.removeEventListener("abort", end));
        return channel;
      },
      { repeatable: true, signal },
    );
  }

  private whyNot(error: unknown): string {
    const place = `${this.remoteHost === "localhost" || this.remoteHost === "127.0.0.1" ? "" : `${this.remoteHost}:`}${this.remotePort}`;
    if (error instanceof BoxError) {
      return error.message;
    }
    switch (error instanceof Error && "reason" in error ? error.reason : undefined) {
      case refusal.prohibited:
        return `${this.connection.name} does not allow ports to be forwarded.`;
      case refusal.connectFailed:
        return `Nothing answers on port ${place} of ${this.connection.name}.`;
      default:
        return `Port ${place} of ${this.connection.name} could not be reached (${singleLine(messageOf(error))}).`;
    }
  }

  private tell(problem: string | undefined): void {
    if (problem !== this.problem) {
      this.problem = problem;
      this.events.emit("changed");
    }
  }
}
