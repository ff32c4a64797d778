import { once } from "node:events";
import { readFileSync, realpathSync } from "node:fs";
import { createServer, get } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Forwarding } from "../../src/boxes";
import { boxBehindProxy, freePort, Sshd, whyNoSshd } from "../support/sshd";
import { temporaryFolder } from "../support/temporary-folder";
import { isRunning, runOf, runScript } from "./box-contract";
import { Screen, terminalSize as size } from "./box-shell-contract";

const never = new AbortController().signal;


test.skipIf(whyNoSshd !== undefined)("a run that writes the record of its own end, sealed or not, has not ended so", async () => {
  const box = await (await Sshd.start()).box();
  const forged = { kind: "exited", code: 0, signal: null, problem: null, startedAt: 1, endedAt: 2, stdoutBytes: 0, stderrBytes: 0 };
  const folder = realpathSync(temporaryFolder());
  const end = async (id: string, record: unknown, then: string): Promise<unknown> => {
    const { runs, specification } = runOf(["sh", "-c", `echo '${JSON.stringify(record)}' > ${join(folder, "runs", id, "exit.json")}; ${then}`], { folder, id });
    await box.startRun(runs, specification);
    return await box.followRun(runs, id, { stdout: 0, stderr: 0 }, () => Promise.resolve());
  };
  // With the one who watches it killed there is no record at all.
  await expect(end("killed", forged, "kill -s KILL $PPID; sleep 600")).rejects.toMatchObject({ reason: "run-vanished" });
  // One that goes on is waited for: its real end counts.
  expect(await end("waited", { ...forged, seal: "0".repeat(64) }, "sleep 1; exit 3")).toMatchObject({ kind: "exited", code: 3 });
  // An honest one of the same box has a seal that does not serve for another.
  const own = JSON.parse(readFileSync(join(folder, "runs", "waited", "exit.json"), "utf8")) as unknown;
  await expect(end("copied", own, "kill -s KILL $PPID; sleep 600")).rejects.toMatchObject({ reason: "run-vanished" });
});

describe.skipIf(whyNoSshd !== undefined)("a shell on a box", () => {
  test("begins in the home folder, and says so, where the folder is missing", async () => {
    const box = await (await Sshd.start()).box();
    const screen = new Screen(await box.openShell({ ...size, folder: "/no/such/folder" }));
    await screen.type("", /There is no folder \/no\/such\/folder; this is your home folder/);
    screen.shell.close();
    await screen.shell.ended;
  });

  test("says that it was lost when the connection breaks, and another can be opened", async () => {
    const { box, proxy } = await boxBehindProxy();
    const screen = new Screen(await box.openShell({ ...size, folder: "/" }));
    await screen.type("echo on-$((40+8))\r", /on-48/);
    proxy.cut();
    expect(await screen.shell.ended).toMatchObject({ kind: "lost", reason: { reason: "unreachable" } });
    screen.shell.write("nobody reads this");
    screen.shell.resize(size);
    screen.shell.close();
    const next = new Screen(await box.openShell({ ...size, folder: "/" }));
    await next.type("echo on-$((40+9))\r", /on-49/);
  });

  test("is refused where it would leave no session for anything else, which goes on", async () => {
    const one = await (await Sshd.start({ config: ["MaxSessions 1"] })).box();
    await expect(one.openShell({ ...size, folder: "/" })).rejects.toMatchObject({ reason: "failed", message: expect.stringContaining("MaxSessions") as string });
    expect((await runScript(one, "echo on")).output.text()).toBe("on\n");
    const two = await (await Sshd.start({ config: ["MaxSessions 2"] })).box();
    const screen = new Screen(await two.openShell({ ...size, folder: "/" }));
    await expect(two.openShell({ ...size, folder: "/" })).rejects.toMatchObject({ reason: "failed" });
    expect((await runScript(two, "echo on")).output.text()).toBe("on\n");
    await screen.type("echo still-$((40+1))\r", /still-41/);
  });
});

describe.skipIf(whyNoSshd !== undefined)("a script that is watched over SSH", () => {
  test("is told as unreachable when the connection breaks, ends on the box, and can be watched again", async () => {
    const { box, proxy, sshd } = await boxBehindProxy();
    const folder = temporaryFolder();
    const script = `echo $$ >>${folder}/pids; while :; do echo tick; sleep 0.1; done`;
    const cutAtFirst = (): Promise<void> => {
      proxy.cut();
      return Promise.resolve();
    };
    await expect(box.watch(script, cutAtFirst, never)).rejects.toMatchObject({ reason: "unreachable" });
    const stop = new AbortController();
    await expect(box.watch(script, () => { stop.abort(new Error("seen")); return Promise.resolve(); }, stop.signal)).rejects.toThrow("seen");
    expect(sshd.port).not.toBe(proxy.port);
    for (const pid of readFileSync(join(folder, "pids"), "utf8").trim().split("\n")) {
      while (isRunning(Number(pid))) {
        await delay(20);
      }
    }
  });

  test("gives way where the box allows one session, and everything else gets its turn", async () => {
    const box = await (await Sshd.start({ config: ["MaxSessions 1"] })).box();
    const stop = new AbortController();
    let seen = 0;
    const watching = (async () => {
      while (!stop.signal.aborted) {
        await box.watch("while :; do echo tick; sleep 0.1; done", () => { seen += 1; return Promise.resolve(); }, stop.signal).catch(() => undefined);
      }
    })();
    while (seen === 0) {
      await delay(10);
    }
    expect((await runScript(box, "echo on")).output.text()).toBe("on\n");
    expect((await box.list("/", 1000)).entries.length).toBeGreaterThan(3);
    const before = seen;
    while (seen === before) {
      await delay(10);
    }
    stop.abort(new Error("enough"));
    await watching;
  });
});

/** A server of the box that answers with the path it was asked for. */
async function httpServer(port = 0): Promise<number> {
  const server = createServer((request, response) => response.end(`you asked for ${request.url ?? ""} ${"x".repeat(100_000)}`));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function fetchFrom(port: number, path: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(text));
      response.on("error", reject);
    }).on("error", reject);
  });
}

const answer = (path: string): string => `you asked for ${path} ${"x".repeat(100_000)}`;

async function problemOf(forwarding: Forwarding): Promise<string> {
  while (forwarding.problem === undefined) {
    await new Promise<void>((resolve) => forwarding.subscribe(resolve));
  }
  return forwarding.problem;
}

describe.skipIf(whyNoSshd !== undefined)("a port of a box", () => {
  test("is reached from this computer over many connections at a time, and from no other", async () => {
    const box = await (await Sshd.start()).box();
    const forwarding = await box.forward(0, "localhost", await httpServer());
    const paths = Array.from({ length: 60 }, (_, at) => `/${at}`);
    expect(await Promise.all(paths.map((path) => fetchFrom(forwarding.localPort, path)))).toEqual(paths.map(answer));
    expect(forwarding.problem).toBeUndefined();
    // Another address of this computer stands for another computer.
    const elsewhere = connect({ host: "127.0.0.2", port: forwarding.localPort });
    const [error] = (await once(elsewhere, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNREFUSED");
  });

  test("passes on each direction to its own end", async () => {
    const box = await (await Sshd.start()).box();
    // Answers only when the question has ended.
    const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
      let bytes = 0;
      socket.on("data", (chunk) => (bytes += chunk.length));
      socket.on("end", () => socket.end(`${bytes} bytes`));
      socket.on("error", () => undefined);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const forwarding = await box.forward(0, "127.0.0.1", (server.address() as AddressInfo).port);
    const socket = connect({ host: "127.0.0.1", port: forwarding.localPort, allowHalfOpen: true });
    socket.end(Buffer.alloc(5_000_000));
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    await once(socket, "end");
    expect(text).toBe("5000000 bytes");
  });

  test("where nothing answers is told, and works once something does", async () => {
    const box = await (await Sshd.start()).box();
    const port = await freePort();
    const forwarding = await box.forward(0, "localhost", port);
    await expect(fetchFrom(forwarding.localPort, "/")).rejects.toThrow();
    expect(await problemOf(forwarding)).toBe(`Nothing answers on port ${port} of the box.`);
    await httpServer(port);
    expect(await fetchFrom(forwarding.localPort, "/now")).toBe(answer("/now"));
    expect(forwarding.problem).toBeUndefined();
  });

  test("that the box does not let through is told", async () => {
    const box = await (await Sshd.start({ config: ["AllowTcpForwarding no"] })).box();
    const forwarding = await box.forward(0, "localhost", await httpServer());
    await expect(fetchFrom(forwarding.localPort, "/")).rejects.toThrow();
    expect(await problemOf(forwarding)).toBe("the box does not allow ports to be forwarded.");
  });

  test("is taken or not", async () => {
    const box = await (await Sshd.start()).box();
    await expect(box.forward(await httpServer(), "localhost", 1)).rejects.toMatchObject({ reason: "port-taken" });
  });

  test("outlives a lost connection: those under way break, later ones wait and work", async () => {
    const { box, proxy, connection } = await boxBehindProxy();
    const forwarding = await box.forward(0, "localhost", await httpServer());
    for (let time = 0; time < 3; time += 1) {
      const standing = connect({ host: "127.0.0.1", port: forwarding.localPort });
      standing.on("error", () => undefined);
      await once(standing, "connect");
      expect(await fetchFrom(forwarding.localPort, "/before")).toBe(answer("/before"));
      proxy.cut();
      expect(await fetchFrom(forwarding.localPort, `/after-${time}`)).toBe(answer(`/after-${time}`));
      standing.destroy();
    }
    connection.close();
    expect(forwarding.closed).toBe(true);
    await expect(fetchFrom(forwarding.localPort, "/")).rejects.toThrow();
  });

  test("is free again, and its connections gone, when it is not forwarded any more", async () => {
    const box = await (await Sshd.start()).box();
    const forwarding = await box.forward(0, "localhost", await httpServer());
    expect(await fetchFrom(forwarding.localPort, "/")).toBe(answer("/"));
    const standing = connect({ host: "127.0.0.1", port: forwarding.localPort });
    standing.on("error", () => undefined);
    await once(standing, "connect");
    forwarding.close();
    await once(standing, "close");
    const again = await box.forward(forwarding.localPort, "localhost", 1);
    expect(again.localPort).toBe(forwarding.localPort);
    again.close();
  });

  test("is reached while the box allows one session only", async () => {
    const box = await (await Sshd.start({ config: ["MaxSessions 1"] })).box();
    const forwarding = await box.forward(0, "localhost", await httpServer());
    const [text] = await Promise.all([fetchFrom(forwarding.localPort, "/"), runScript(box, "echo on")]);
    expect(text).toBe(answer("/"));
  });
});
