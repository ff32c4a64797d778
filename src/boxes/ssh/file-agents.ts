import { FileAgent } from "./file-agent";
import type { Link } from "./link";

/** How long an agent that nobody uses is kept for the next one, in ms. */
const keptFor = 600_000;

/** The agents of one link. One is kept when its work is done, so that the next file needs no more than one round trip. */
export class FileAgents {
  private idle: { readonly agent: FileAgent; readonly takeBack: () => void } | undefined;
  private none = false;

  constructor(private readonly link: Link) {}

  /** An agent that nobody else uses; undefined where the box can run none. */
  async take(): Promise<FileAgent | undefined> {
    const idle = this.idle;
    this.idle = undefined;
    idle?.takeBack();
    if (idle !== undefined && !idle.agent.isClosed) {
      return idle.agent;
    }
    if (this.none) {
      return undefined;
    }
    const agent = await FileAgent.start(this.link);
    this.none = agent === undefined;
    return agent;
  }

  giveBack(agent: FileAgent): void {
    if (agent.isClosed) {
      return;
    }
    if (this.idle !== undefined) {
      agent.close();
      return;
    }
    const end = (): void => {
      this.idle = undefined;
      takeBack();
      agent.close();
    };
    const timer = setTimeout(end, keptFor).unref();
    let unregister = (): void => undefined;
    const takeBack = (): void => {
      clearTimeout(timer);
      unregister();
    };
    this.idle = { agent, takeBack };
    unregister = this.link.channels.keepIdle(end);
  }
}
