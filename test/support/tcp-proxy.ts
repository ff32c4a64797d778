import { once } from "node:events";
import { type AddressInfo, createServer, connect, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A TCP connection through the proxy: the client's end and the server's. */
interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** A network between a client and one port of this computer, which a test can make bad. */
export class TcpProxy {
  /** How many bytes went from the client to the server, over all connections. */
  upward = 0;
  /** How many bytes came back. */
  downward = 0;
  /** How often the direction changed in which data went: two make a round trip, where nothing else is under way. */
  private changesOfDirection = 0;
  private wentUp = false;
  /** How many connections were made. */
  connections = 0;
  private readonly pairs = new Set<Pair>();
  private frozen = false;
  private refusing = false;
  private delayMs = 0;
  private onUpward: ((bytes: number) => void) | undefined;
  private onDownward: ((bytes: number) => void) | undefined;

  private constructor(
    private readonly listener: Server,
    private readonly to: number,
  ) {
    listener.on("connection", (client) => this.pass(client));
  }

  static async to(port: number): Promise<TcpProxy> {
    const listener = createServer({ allowHalfOpen: true });
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    const proxy = new TcpProxy(listener, port);
    onTestFinished(() => {
      proxy.cut();
      listener.close();
    });
    return proxy;
  }

  /** How many round trips were made. Data that goes both ways at once counts as more, not as less. */
  get turns(): number {
    return Math.ceil(this.changesOfDirection / 2);
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  /** Breaks every connection with a reset. */
  cut(): void {
    for (const { client, server } of this.pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
    this.pairs.clear();
  }

  /** Cuts once so many bytes have gone up from now on. */
  cutAfterUpward(bytes: number): void {
    const end = this.upward + bytes;
    this.onUpward = () => {
      if (this.upward >= end) {
        this.onUpward = undefined;
        this.cut();
      }
    };
  }

  /** Cuts once so many bytes have come down from now on. */
  cutAfterDownward(bytes: number): void {
    const end = this.downward + bytes;
    this.onDownward = () => {
      if (this.downward >= end) {
        this.onDownward = undefined;
        this.cut();
      }
    };
  }

  /** From now on what is sent over connections that stand arrives nowhere, and nobody is told. */
  dropSilently(): void {
    this.frozen = true;
    for (const { client, server } of this.pairs) {
      client.pause();
      server.pause();
    }
  }

  /** Connections made from now on work again; those that were frozen stay so. */
  workAgain(): void {
    this.frozen = false;
    this.refusing = false;
  }

  /** New connections are closed at once. */
  refuse(): void {
    this.refusing = true;
  }

  /** Every piece of data arrives so much later, each way, in order as long as that stays the same while data is under way. In ms. */
  delay(milliseconds: number): void {
    this.delayMs = milliseconds;
  }

  private pass(client: Socket): void {
    this.connections += 1;
    if (this.refusing) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: this.to, host: "127.0.0.1", allowHalfOpen: true });
    const pair = { client, server };
    this.pairs.add(pair);
    this.relay(client, server, (bytes) => {
      this.count(true);
      this.upward += bytes;
      this.onUpward?.(bytes);
    });
    this.relay(server, client, (bytes) => {
      this.count(false);
      this.downward += bytes;
      this.onDownward?.(bytes);
    });
    for (const socket of [client, server]) {
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.pairs.delete(pair);
        client.destroy();
        server.destroy();
      });
    }
  }

  private count(up: boolean): void {
    if (up !== this.wentUp) {
      this.wentUp = up;
      this.changesOfDirection += 1;
    }
  }

  private relay(from: Socket, to: Socket, passed: (bytes: number) => void): void {
    from.on("data", (chunk) => {
      if (this.frozen) {
        return;
      }
      const forward = (): void => {
        if (!to.destroyed && !to.write(chunk)) {
          from.pause();
          to.once("drain", () => from.resume());
        }
        passed(chunk.length);
      };
      if (this.delayMs > 0) {
        setTimeout(forward, this.delayMs);
      } else {
        forward();
      }
    });
    from.on("end", () => {
      if (!this.frozen) {
        setTimeout(() => to.end(), this.delayMs);
      }
    });
  }
}
