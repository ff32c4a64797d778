// A VS Code server on this machine: started on a port of its own, told apart by
// its data folder, and always stopped with everything that it started.
import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../command.mjs";
import { CannotGoOn } from "../setup.mjs";
import { installServer } from "./install.mjs";
import { descendants, killTree, killTreeNow, signalProcess } from "./processes.mjs";

/** @typedef {import("./install.mjs").ServerInstallation} ServerInstallation */
/** @typedef {import("./settings.mjs").Settings} Settings */
/** @typedef {import("./processes.mjs").ProcessEntry} ProcessEntry */

/**
 * @typedef {object} ServerOptions
 * @property {string} dataFolder Settings, extensions and state of this server.
 * @property {Settings} settings
 * @property {string} [token] The connection token; without it everyone on this machine may connect.
 * @property {import("./install.mjs").ServerEdition} [edition] Which VS Code; the newest unless told.
 * @property {boolean} [fewExtensions] Only those of VS Code's own extensions that draw and colour what is opened: windows open sooner.
 * @property {boolean} [testDriver] Let pages load extensions under development and run their tests.
 * @property {NodeJS.ProcessEnv} [env] More for the environment of the server and its extension hosts.
 */

/** How long a server may take to listen. */
const startLimit = 60_000;

/** Servers that run, by process: they end with this process, whatever ends it. @type {Set<number>} */
const running = new Set();

process.once("exit", () => running.forEach(killTreeNow));

/** Signals that end a process without its exit event, until they are listened to. */
function endWithSignals() {
  for (const [signal, number] of /** @type {const} */ ([["SIGHUP", 1], ["SIGINT", 2], ["SIGTERM", 15]])) {
    if (process.listenerCount(signal) === 0) {
      process.once(signal, () => process.exit(128 + number));
    }
  }
}

export class Server {
  /**
   * @param {number} pid
   * @param {number} port
   * @param {ServerOptions} options
   * @param {Promise<void>} ended
   */
  constructor(pid, port, options, ended) {
    this.pid = pid;
    this.port = port;
    this.options = options;
    /** Settled when the server has ended. */
    this.ended = ended;
  }

  /**
   * Starts a server and resolves when it listens.
   * @param {ServerOptions} options
   * @returns {Promise<Server>}
   */
  static async start(options) {
    const installation = await installServer(options.edition);
    endWithSignals();
    writeSettings(options.dataFolder, options.settings);
    const access = options.token === undefined ? ["--without-connection-token"] : ["--connection-token", options.token];
    const child = spawn(
      installation.node,
      [
        installation.main,
        ...["--host", "127.0.0.1", "--port", "0", ...access, "--accept-server-license-terms"],
        // What is started has this environment: no shell is asked for another.
        ...["--force-disable-user-env", "--telemetry-level", "off", ...foldersOf(options.dataFolder)],
        ...(options.fewExtensions ? ["--builtin-extensions-dir", installation.fewExtensions] : []),
        ...(options.testDriver ? ["--enable-smoke-test-driver"] : []),
      ],
      { env: { ...process.env, ...options.env }, stdio: ["ignore", "pipe", "pipe"] },
    );
    // Without a listener, a program that cannot be started would end this process.
    child.once("error", () => {});
    const log = createWriteStream(join(options.dataFolder, "server.log"), { flags: "a" });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    const pid = child.pid;
    if (pid === undefined) {
      throw new CannotGoOn(`${installation.node} could not be started; remove .vscode-test and try again.`);
    }
    running.add(pid);
    const ended = new Promise((resolve) => child.once("exit", () => resolve(undefined))).then(() => void running.delete(pid));
    try {
      return new Server(pid, await listeningPort(child), options, ended);
    } catch (error) {
      killTreeNow(pid);
      throw error;
    }
  }

  /**
   * The address of a window.
   * @param {object} [options]
   * @param {string} [options.folder] The folder that the window opens; without it an empty window.
   * @param {[string, string][]} [options.payload] More that VS Code should know, such as a path of an extension under development.
   */
  url({ folder, payload } = {}) {
    const url = new URL(`http://localhost:${this.port}/`);
    if (this.options.token !== undefined) {
      url.searchParams.set("tkn", this.options.token);
    }
    if (folder === undefined) {
      url.searchParams.set("ew", "true");
    } else {
      url.searchParams.set("folder", folder);
    }
    if (payload !== undefined) {
      url.searchParams.set("payload", JSON.stringify(payload));
    }
    return url.href;
  }

  /**
   * A path of this machine, as windows of this server name it.
   * @param {string} path
   */
  remoteUri(path) {
    return `vscode-remote://localhost:${this.port}${path}`;
  }

  /**
   * Changes settings of all windows of this server, open ones too.
   * @param {Settings} settings
   */
  changeSettings(settings) {
    this.options.settings = { ...this.options.settings, ...settings };
    writeSettings(this.options.dataFolder, this.options.settings);
  }

  /** Ends the server and every process that it started. */
  async stop() {
    await killTree(this.pid);
    running.delete(this.pid);
  }
}

/**
 * The processes in which the extensions of this server's windows run.
 * @param {Server} server
 */
export function extensionHostPids(server) {
  const hosts = descendants(server.pid).filter((entry) => entry.command.includes("--type=extensionHost"));
  // A program that a host is just starting bears the host's command line for a moment.
  return hosts.filter((entry) => !hosts.some((other) => other.pid === entry.parent)).map((entry) => entry.pid);
}

/**
 * Ends the extension hosts at once, as a crash would. What they started lives on.
 * @param {Server} server
 * @returns {number[]} The processes that were there.
 */
export function killExtensionHosts(server) {
  return extensionHostPids(server).filter((pid) => signalProcess(pid, "SIGKILL"));
}

/**
 * Installs an extension from its file into a data folder that no server uses yet.
 * @param {string} vsixFile
 * @param {string} dataFolder
 */
export async function installExtension(vsixFile, dataFolder) {
  const { node, main } = await installServer();
  mkdirSync(dataFolder, { recursive: true });
  await run(node, [main, ...foldersOf(dataFolder), "--accept-server-license-terms", "--install-extension", vsixFile, "--force"], { quiet: true });
}

/** @param {string} dataFolder */
function foldersOf(dataFolder) {
  return ["--server-data-dir", dataFolder, "--extensions-dir", join(dataFolder, "extensions")];
}

/**
 * Machine settings for what only the machine may say, user settings for the rest:
 * VS Code passes over those that are in the wrong one.
 * @param {string} dataFolder
 * @param {Settings} settings
 */
function writeSettings(dataFolder, settings) {
  for (const scope of ["Machine", "User"]) {
    const folder = join(dataFolder, "data", scope);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "settings.json"), `${JSON.stringify(settings, null, 2)}\n`);
  }
}

/**
 * The port that a starting server says that it listens on.
 * @param {import("node:child_process").ChildProcessByStdio<null, import("node:stream").Readable, import("node:stream").Readable>} child
 * @returns {Promise<number>}
 */
function listeningPort(child) {
  return new Promise((resolve, reject) => {
    let said = "";
    const timer = setTimeout(() => reject(new Error(`The VS Code server did not listen within ${startLimit / 1000} s:\n${said}`)), startLimit);
    child.stdout.on("data", (text) => {
      said += String(text);
      const port = /agent listening on (\d+)/.exec(said)?.[1];
      if (port !== undefined) {
        clearTimeout(timer);
        resolve(Number(port));
      }
    });
    child.once("error", reject);
    child.once("exit", (status) => {
      clearTimeout(timer);
      reject(new Error(`The VS Code server ended with status ${status}:\n${said}`));
    });
  });
}
