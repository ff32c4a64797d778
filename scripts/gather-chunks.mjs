// Takes the chunks that are always loaded together into one file: to load a file costs as much as tens of kilobytes of code.
import { basename, dirname, resolve } from "node:path";
import * as esbuild from "esbuild";

/** A file that was built and is not written yet. @typedef {{ readonly path: string, readonly text: string }} BuiltFile */

/**
 * The built files, with all chunks that the chunk of an entry loads at once inside that; what the program loads before stays where it
 * is. And, by its name, where each of these chunks is now: files that are loaded later have to ask there for it.
 * @param {readonly BuiltFile[]} files ECMAScript modules, split
 * @param {esbuild.Metafile} metafile
 * @param {string} entry The source file.
 * @returns {Promise<{ readonly files: readonly BuiltFile[], readonly moved: ReadonlyMap<string, { readonly file: string, readonly part: string }> }>}
 */
export async function gatherChunks(files, metafile, entry) {
  const { outputs } = metafile;
  const first = Object.keys(outputs).filter((name) => isProgram(metafile, name));
  const gathering = Object.keys(outputs).find((name) => outputs[name]?.entryPoint === entry);
  if (gathering === undefined) {
    throw new Error(`${entry} has no chunk of its own: nothing imports it with import().`);
  }
  const before = loadedWith(outputs, first);
  const absorbed = [...loadedWith(outputs, [gathering])].filter((name) => !before.has(name)).map((name) => resolve(name));
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const target = resolve(gathering);
  const others = absorbed.filter((path) => path !== target);
  const { outputFiles } = await esbuild.build({
    stdin: {
      contents: [`export * from "./${basename(target)}";`, ...others.map((path, index) => `export * as part${index} from "./${basename(path)}";`)].join("\n"),
      resolveDir: dirname(target),
    },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: target,
    sourcemap: texts.get(target)?.includes("//# sourceMappingURL=data:") ? "inline" : false,
    legalComments: "none",
    write: false,
    plugins: [
      {
        name: "built-chunks",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /.*/ }, ({ path, kind, resolveDir }) => {
            const chunk = resolve(resolveDir, path);
            return kind !== "dynamic-import" && absorbed.includes(chunk) ? { path: chunk, namespace: "built" } : { path, external: true };
          });
          onLoad({ filter: /.*/, namespace: "built" }, ({ path }) => ({ contents: texts.get(path) ?? "", loader: "js", resolveDir: dirname(path) }));
        },
      },
    ],
  });
  return {
    files: [...files.filter(({ path }) => !absorbed.includes(path)), ...outputFiles],
    moved: new Map(others.map((path, index) => [basename(path), { file: basename(target), part: `part${index}` }])),
  };
}

/**
 * Whether an output is what the program begins with, and no part that it loads by import().
 * @param {esbuild.Metafile} metafile
 * @param {string} name
 */
function isProgram({ outputs }, name) {
  const isLoaded = Object.values(outputs).some(({ imports }) => imports.some(({ path, kind }) => path === name && kind === "dynamic-import"));
  return outputs[name]?.entryPoint !== undefined && !isLoaded;
}

/**
 * Some outputs, and all that are loaded with them at once.
 * @param {esbuild.Metafile["outputs"]} outputs
 * @param {readonly string[]} from
 */
function loadedWith(outputs, from) {
  const loaded = new Set(from);
  for (const name of loaded) {
    outputs[name]?.imports.filter(({ path, kind }) => kind === "import-statement" && path in outputs).forEach(({ path }) => loaded.add(path));
  }
  return loaded;
}
