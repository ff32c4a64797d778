import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { onTestFinished } from "vitest";

type Body = Record<string, unknown>;

interface Message {
  readonly seq: number;
  readonly type: "request" | "response" | "event";
  readonly command?: string;
  readonly event?: string;
  readonly request_seq?: number;
  readonly success?: boolean;
  readonly message?: string;
  readonly arguments?: Body;
  readonly body?: Body;
}

/** Speaks the Debug Adapter Protocol with debugpy's adapter, as an editor does; programs are run in the terminal when it asks for that. */
export class DebugAdapter {
  private readonly events = new EventEmitter();
  private readonly seen: Message[] = [];
  private readonly adapter: ChildProcessWithoutNullStreams;
  private received = Buffer.alloc(0);
  private sent = 0;

  constructor(python: string) {
    this.adapter = spawn(python, ["-m", "debugpy.adapter"], { stdio: "pipe" });
    this.adapter.stdout.on("data", (bytes: Buffer) => this.read(bytes));
    onTestFinished(() => void this.adapter.kill("SIGKILL"));
  }

  /** The body of the answer. @throws where the adapter refuses */
  async request(command: string, values: Body = {}): Promise<Body> {
    const seq = this.send({ type: "request", command, arguments: values });
    const answer = await this.next(({ type, request_seq: to }) => type === "response" && to === seq);
    if (answer.success !== true) {
      throw new Error(`${command}: ${answer.message ?? "refused"}`);
    }
    return answer.body ?? {};
  }

  /** The body of the next event of this name, or of one that came already and was not asked for. */
  async event(name: string): Promise<Body> {
    return (await this.next(({ type, event }) => type === "event" && event === name)).body ?? {};
  }

  private async next(fits: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const index = this.seen.findIndex(fits);
      if (index >= 0) {
        return this.seen.splice(index, 1)[0] as Message;
      }
      await once(this.events, "message");
    }
  }

  private send(message: Body): number {
    this.sent += 1;
    const text = JSON.stringify({ seq: this.sent, ...message });
    this.adapter.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    return this.sent;
  }

  private read(bytes: Buffer): void {
    this.received = Buffer.concat([this.received, bytes]);
    for (;;) {
      const length = /Content-Length: (\d+)/.exec(this.received.toString("latin1"))?.[1];
      const body = this.received.indexOf("\r\n\r\n") + 4;
      if (length === undefined || body < 4 || this.received.length < body + Number(length)) {
        return;
      }
      const message = JSON.parse(this.received.subarray(body, body + Number(length)).toString("utf8")) as Message;
      this.received = this.received.subarray(body + Number(length));
      if (message.type === "request" && message.command === "runInTerminal") {
        this.send({ type: "response", request_seq: message.seq, command: "runInTerminal", success: true, body: { processId: runInTerminal(message.arguments ?? {}).pid } });
      } else {
        this.seen.push(message);
        this.events.emit("message");
      }
    }
  }
}

function runInTerminal({ args, cwd, env }: Body): ChildProcess {
  const [program = "", ...words] = args as string[];
  const child = spawn(program, words, { cwd: cwd as string, env: { ...process.env, ...(env as Record<string, string>) }, stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}
