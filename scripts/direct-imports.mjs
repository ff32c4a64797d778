// An esbuild plugin that leads each import past the index of a room to the file that makes what is imported. esbuild puts into a
// chunk whatever its files can reach, and by way of an index that is the whole room, used or not.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** Where a name is made, and how it is called there. @typedef {{ readonly file: string, readonly name: string }} Origin */

const sources = /[\\/]src[\\/].*\.ts$/;
const indexFile = /[\\/]index\.ts$/;
const namedImports = /^import \{([^}]*)\} from "(\.[^"]*)";/gm;
const namedExports = /^export \{([^}]*)\} from "(\.[^"]*)";/gm;
const wholeExports = /^export \* from "(\.[^"]*)";/gm;
const ownExports = /^export (?:async )?(?:abstract )?(?:const|let|function\*?|class) ([\w$]+)/gm;

/** @type {import("esbuild").Plugin} */
export const directImports = {
  name: "direct-imports",
  setup({ onStart, onLoad }) {
    /** @type {Map<string, Map<string, Origin>>} */
    const known = new Map();
    onStart(() => known.clear());
    onLoad({ filter: sources }, ({ path }) => {
      const contents = readFileSync(path, "utf8").replace(namedImports, (statement, names, from) => {
        const target = moduleFile(path, from);
        if (!indexFile.test(target)) {
          return statement;
        }
        const direct = valuesIn(names).map(({ name, as }) => {
          const origin = originsOf(target, known).get(name);
          if (origin === undefined) {
            throw new Error(`${path} imports ${name}, which ${target} does not export.`);
          }
          return `import { ${origin.name} as ${as} } from ${JSON.stringify(origin.file)};`;
        });
        // On as many lines, so that places in the source stay what they are.
        return direct.join(" ") + "\n".repeat(statement.split("\n").length - 1);
      });
      return { contents, loader: "ts" };
    });
  },
};

/**
 * What a file exports, and where that is made.
 * @param {string} file
 * @param {Map<string, Map<string, Origin>>} known
 * @returns {Map<string, Origin>}
 */
function originsOf(file, known) {
  const before = known.get(file);
  if (before !== undefined) {
    return before;
  }
  /** @type {Map<string, Origin>} */
  const origins = new Map();
  known.set(file, origins);
  const text = readFileSync(file, "utf8");
  for (const [, name = ""] of text.matchAll(ownExports)) {
    origins.set(name, { file, name });
  }
  for (const [, from = ""] of text.matchAll(wholeExports)) {
    originsOf(moduleFile(file, from), known).forEach((origin, name) => origins.set(name, origin));
  }
  for (const [, names = "", from = ""] of text.matchAll(namedExports)) {
    const target = moduleFile(file, from);
    valuesIn(names).forEach(({ name, as }) => origins.set(as, originsOf(target, known).get(name) ?? { file: target, name }));
  }
  return origins;
}

/**
 * The names in braces that are no types.
 * @param {string} names
 */
function valuesIn(names) {
  return names
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "" && !one.startsWith("type "))
    .map((one) => {
      const [name = "", as = name] = one.split(/\s+as\s+/);
      return { name, as };
    });
}

/**
 * The file of a relative import.
 * @param {string} file
 * @param {string} from
 */
function moduleFile(file, from) {
  const path = resolve(dirname(file), from);
  return existsSync(`${path}.ts`) ? `${path}.ts` : join(path, "index.ts");
}
