import { joinPath } from "./shell";
import { changers, clocks, copiers, loaders, mathematics, mutators, passing, randomness, reductions, runners, savers } from "./python-library";
import type { PythonFact } from "./python-facts";
import { anyOf, boundedText, made, newCell, pathOf, pour, trait, unknownValue, type Value } from "./value";

/** A call with its arguments evaluated. */
export interface Call {
  readonly name: string | undefined;
  /** The last part of what is called, such as `save_pretrained`. */
  readonly method: string;
  readonly receiver: Value | undefined;
  readonly values: readonly Value[];
  readonly keywords: ReadonlyMap<string, Value>;
}

/** What a fact is beyond its place. */
export type FactPart = PythonFact extends infer Fact ? (Fact extends PythonFact ? Omit<Fact, "from" | "to" | "within"> : never) : never;

/** What the command line of a script gives it. */
export interface ScriptArguments {
  readonly words: readonly string[];
  readonly options: ReadonlyMap<string, string>;
  /** Variables of the environment that it runs in. */
  readonly environment?: ReadonlyMap<string, string> | undefined;
  /** The content of a file, as far as the transcript shows it: settings, and modules of the solver's own. */
  readonly contentOf?: ((path: string) => string | undefined) | undefined;
  /** Whether a module, by its file, is the scorer's. */
  readonly isScorer?: ((file: string) => boolean) | undefined;
}

/** Stands for a path of which nothing is known. */
export const unknownPath = "*";

const withText = (from: readonly (Value | undefined)[], text: string | undefined, more: Partial<Value> = {}): Value => ({ ...made(from), text, ...more });

/** What a call gives back, and what it does beyond that, told to `tell`. Undefined where nothing is known of the function. */
export function libraryCall(call: Call, given: ScriptArguments, tell: (fact: FactPart) => void): Value {
  const { name, method, receiver, values, keywords } = call;
  const full = name ?? `.${method}`;
  const all = [receiver, ...values, ...keywords.values()];
  const pathAt = (index: number): string | undefined => pathOf(index < 0 ? receiver : (values[index] ?? keywords.get(["path", "f", "fp", "filename", "file", "dst", "dir_name", "save_directory", "path_or_buf"].find((key) => keywords.has(key)) ?? "")));
  runScript(full, values, tell);
  moveFiles(full, call, pathAt, tell);
  packFiles(full, call, tell);
  if (/^(zipfile\.ZipFile|tarfile\.(open|TarFile|TarFile\.open))$/.test(full) && values[0]?.text !== undefined) {
    return { cell: newCell(trait.unknown), kind: "archive", file: values[0].text };
  }
  if (/^fileinput\.(input|FileInput)$/.test(full) && keywords.get("inplace")?.kind === "true" && pathAt(0) !== undefined) {
    tell({ kind: "change", path: pathAt(0) ?? "", how: "changed by fileinput" });
  }
  if (receiver?.kind === "archive") {
    return unknownValue();
  }
  const answers = name === undefined ? undefined : answersOfScorer(name, given);
  if (answers !== undefined) {
    return { cell: newCell(trait.unknown, [answers]) };
  }
  const known = pathCall(full, call) ?? environmentCall(full, call, given) ?? settingsCall(full, call, given, tell) ?? textCall(call);
  if (known !== undefined) {
    return known;
  }
  for (const [pattern, pathIndex, valueIndex] of savers) {
    const value = valueIndex < 0 ? receiver : (values[valueIndex] ?? keywords.get("obj"));
    const path = pathAt(pathIndex);
    const isStored = pattern.test(full) && value !== undefined && !(method === "save" && valueIndex < 0 && receiver?.name !== undefined);
    if (isStored && (path !== undefined || method === "save")) {
      tell({ kind: "save", path: path ?? unknownPath, value });
      break;
    }
  }
  if (/^csv\.(Dict)?[Ww]riter$/.test(full)) {
    return { cell: newCell(trait.unknown), file: values[0]?.file };
  }
  if (full === "builtins.open" || full === "io.open" || (method === "open" && receiver?.kind === "path")) {
    return openFile(receiver?.kind === "path" ? receiver : values[0], (receiver?.kind === "path" ? values[0] : values[1]) ?? keywords.get("mode"), tell);
  }
  if (loaders.test(full) || (name === undefined && receiver?.name === undefined && /^(load|read|restore|open)\w*$/.test(method) && values[0]?.text !== undefined)) {
    return load(values[0] ?? keywords.get("path") ?? keywords.get("pretrained_model_name_or_path"), all, full.endsWith("from_pretrained"), tell);
  }
  if (/^(read_text|read_bytes|read|readlines|readline)$/.test(method) && receiver !== undefined) {
    return load(receiver, [receiver], false, tell);
  }
  if (clients.test(full)) {
    // What a client is asked for, its module is asked for.
    return { cell: newCell(trait.unknown), name: full.split(".")[0] };
  }
  if (full === "json.dumps" && values[0]?.entries !== undefined) {
    return withText(values, Array.from(values[0].entries.keys(), (key) => `"${key}": *`).join(", "));
  }
  if (full === "sys.modules.values") {
    return { cell: newCell(trait.unknown), items: [{ cell: newCell(trait.unknown), name: "sys.modules.*" }] };
  }
  if (full === "sys.modules.items") {
    return { cell: newCell(trait.unknown), items: [{ cell: newCell(trait.unknown), items: [{ cell: newCell() }, { cell: newCell(trait.unknown), name: "sys.modules.*" }] }] };
  }
  if (full === "builtins.zip") {
    return { ...made(values), items: [{ cell: newCell(), items: values.map(({ cell, items }) => ({ cell, text: items?.[0]?.text })) }] };
  }
  if (method === "items" && values.length === 0 && receiver?.entries !== undefined && receiver.entries.size > 0) {
    const entries = Array.from(receiver.entries);
    return { cell: receiver.cell, items: [{ cell: receiver.cell, items: [{ cell: newCell(), text: entries[0]?.[0] }, { ...anyOf(entries.map(([, value]) => value)), cell: receiver.cell }] }] };
  }
  if (method === "keys") {
    // Names of tensors are none.
    return unknownValue();
  }
  if (method === "get" && values.length === 2 && values[1]?.text !== undefined && receiver?.entries === undefined) {
    // Of settings that nobody has seen, what holds where they say nothing.
    return withText(all, values[1].text);
  }
  if (randomness.test(full)) {
    if (/_$/.test(method) && receiver !== undefined) {
      receiver.cell.traits |= trait.random;
    }
    return made(values, trait.random);
  }
  if (clocks.test(full)) {
    return made([], trait.clock);
  }
  if (mathematics.test(full)) {
    return made(values, trait.closed);
  }
  if (passing.test(full)) {
    return { ...made(values), text: values.length === 1 ? values[0]?.text : undefined, file: values[0]?.file, items: values.length === 1 ? values[0]?.items : undefined, kind: values[0]?.kind === "path" ? "path" : undefined };
  }
  if (reductions.test(full)) {
    return made(all, trait.unknown | trait.reduced);
  }
  if (receiver !== undefined && mutators.test(method)) {
    values.forEach((value) => pour(receiver.cell, value));
    return receiver;
  }
  if (receiver !== undefined && receiver.name === undefined) {
    // What a method gives back is taken for a part of its object: parameters, state, a tensor elsewhere.
    values.forEach((value) => value.cell.origins.forEach((origin) => receiver.cell.origins.size < 16 && receiver.cell.origins.add(origin)));
    return { cell: newCell(receiver.cell.traits | trait.unknown, receiver.cell.origins), ...(sharesCell(method) ? { cell: receiver.cell } : {}) };
  }
  return made(all, trait.unknown);
}

/** What a scorer calls the answers that it holds. */
const answer = /gold|truth|label|answer|expected|solution|target|secret|hidden/i;

/** Where a value comes from that is a member of the scorer's module and answers by its name, as the module's file and the member; undefined where it is none. */
export function answersOfScorer(name: string, { isScorer }: ScriptArguments): string | undefined {
  const [module, member] = [name.slice(0, Math.max(0, name.lastIndexOf("."))), name.slice(name.lastIndexOf(".") + 1)];
  const file = `${module.replaceAll(".", "/")}.py`;
  return module !== "" && answer.test(member) && isScorer?.(file) === true ? `${file}#${member}` : undefined;
}

const sharesCell = (method: string): boolean => /^(parameters|named_parameters|state_dict|modules|named_modules|children|buffers|named_buffers|items|values|get|to|cuda|cpu|half|float|bfloat16|double|detach|clone|data_ptr|view|reshape|contiguous|eval|train|requires_grad_|module|numpy|copy|add_|mul_|sub_)$/.test(method);

function load(source: Value | undefined, all: readonly (Value | undefined)[], isModel: boolean, tell: (fact: FactPart) => void): Value {
  const path = pathOf(source);
  const value = made(all, trait.unknown);
  if (path !== undefined) {
    tell({ kind: "load", path, isText: !isModel });
    value.cell.origins.add(path);
  }
  return value;
}

function openFile(target: Value | undefined, mode: Value | undefined, tell: (fact: FactPart) => void): Value {
  const path = pathOf(target);
  if (path === undefined) {
    return unknownValue();
  }
  if (mode?.text !== undefined && /[wax+]/.test(mode.text)) {
    tell({ kind: "change", path, how: "opened for writing" });
    return { cell: newCell(trait.unknown), file: path };
  }
  tell({ kind: "load", path, isText: true });
  return { cell: newCell(trait.unknown, [path]), file: path };
}

function runScript(full: string, values: readonly Value[], tell: (fact: FactPart) => void): void {
  const [first] = values;
  if (first === undefined || !runners.test(full)) {
    return;
  }
  const items = first.items ?? (values.length > 1 && full.startsWith("os.") ? values.slice(1) : undefined);
  const script = items === undefined || first.text !== undefined ? first.text : items.map((item) => quoted(item.name === "sys.executable" ? "python3" : (item.text ?? "*"))).join(" ");
  if (script !== undefined) {
    tell({ kind: "shell", script });
  }
}

const quoted = (word: string): string => (/^[\w@%+=:,./*-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** What is packed into an archive, and what is unpacked from one. */
function packFiles(full: string, { receiver, values, keywords }: Call, tell: (fact: FactPart) => void): void {
  const [first, second, third] = values.map(({ text }) => text);
  if (full === "shutil.make_archive" && first !== undefined) {
    const ending = ({ gztar: ".tar.gz", zip: ".zip", tar: ".tar", bztar: ".tar.bz2", xztar: ".tar.xz" } as Record<string, string>)[second ?? ""] ?? "";
    const [root, base] = [third ?? keywords.get("root_dir")?.text, values[3]?.text ?? keywords.get("base_dir")?.text];
    tell({ kind: "copy", source: joinPath(root ?? ".", base ?? "."), target: `${first}${ending}`, isLink: false, isPacked: true });
  } else if (full === "shutil.unpack_archive" && first !== undefined) {
    tell({ kind: "copy", source: first, target: second ?? keywords.get("extract_dir")?.text ?? ".", isLink: false });
  } else if (/^(extractall|extract)$/.test(full.split(".").at(-1) ?? "") && receiver?.file !== undefined) {
    tell({ kind: "copy", source: receiver.file, target: (full.endsWith("extract") ? second : first) ?? keywords.get("path")?.text ?? ".", isLink: false });
  } else if (/^\.(write|add)$/.test(full) && receiver?.kind === "archive" && receiver.file !== undefined && first !== undefined) {
    tell({ kind: "copy", source: first, target: receiver.file, isLink: false, isPacked: true });
  }
}

function moveFiles(full: string, { receiver, values, keywords }: Call, pathAt: (index: number) => string | undefined, tell: (fact: FactPart) => void): void {
  for (const [pattern, from, to, isLink] of copiers) {
    if (!pattern.test(full) || ((from < 0 || to < 0) && receiver?.kind !== "path")) {
      continue;
    }
    const source = from < 0 ? pathOf(receiver) : (pathAt(from) ?? pathOf(keywords.get("src")));
    const target = to < 0 ? pathOf(receiver) : (pathOf(values[to]) ?? pathOf(keywords.get("dst")));
    if ((source !== undefined && target !== undefined) || (/^shutil\.copy|^os\.(symlink|link)$/.test(full) && values.length >= 2)) {
      tell({ kind: "copy", source: source ?? unknownPath, target: target ?? unknownPath, isLink });
    }
    return;
  }
  for (const [pattern, index] of changers) {
    const path = index < 0 ? (receiver?.kind === "path" ? pathOf(receiver) : undefined) : pathAt(index);
    if (path !== undefined && pattern.test(full)) {
      tell({ kind: "change", path, how: `changed by ${full.replace(/^\./, "")}` });
      return;
    }
  }
}

const clients = /^(requests\.([Ss]ession|sessions\.Session)|httpx\.(Async)?Client|aiohttp\.ClientSession|urllib3\.PoolManager|boto3\.(client|resource))$/;
const settingsFile = /\.(json|ya?ml|toml)$/;

/** What settings in a file come to, where the file's content is known. */
function settingsCall(full: string, { receiver, values, method }: Call, { contentOf }: ScriptArguments, tell: (fact: FactPart) => void): Value | undefined {
  const [first] = values;
  if (/^(read_text|read)$/.test(method) && receiver !== undefined && settingsFile.test(pathOf(receiver) ?? "")) {
    const content = contentOf?.(pathOf(receiver) ?? "");
    return content === undefined ? undefined : { ...load(receiver, [receiver], false, tell), content };
  }
  if (method === "get" && receiver?.entries !== undefined && first?.text !== undefined && receiver.kind === "arguments") {
    return receiver.entries.get(first.text) ?? values[1] ?? unknownValue();
  }
  if (/^(types\.SimpleNamespace|argparse\.Namespace|omegaconf\.OmegaConf\.create)$/.test(full) && first?.kind === "arguments") {
    return first;
  }
  if (!/^(json|ya?ml|toml|tomllib|omegaconf\.OmegaConf)\.(load|loads|safe_load|full_load|unsafe_load)$/.test(full) || first === undefined) {
    return undefined;
  }
  const path = pathOf(first) ?? "";
  const content = first.content ?? (settingsFile.test(path) && !path.includes("*") ? contentOf?.(path) : undefined);
  const settings = content === undefined ? undefined : settingsIn(content, full.startsWith("json"));
  if (settings === undefined) {
    return undefined;
  }
  if (full.startsWith("omegaconf")) {
    tell({ kind: "load", path, isText: true });
  }
  return valueOf(settings, 0);
}

/** Settings as data. Of YAML and TOML those that are texts, by their sections. */
function settingsIn(content: string, isJson: boolean): unknown {
  if (content.length > maxSettings) {
    return undefined;
  }
  if (isJson || content.trimStart().startsWith("{")) {
    try {
      return JSON.parse(content);
    } catch {
      return undefined;
    }
  }
  const top: Record<string, unknown> = {};
  const open: { indent: number; section: Record<string, unknown> }[] = [{ indent: -1, section: top }];
  for (const line of content.split("\n")) {
    const table = /^\s*\[([\w.-]+)\]\s*$/.exec(line)?.[1];
    const [, blank = "", key = "", rest = ""] = /^([ ]*)["']?([\w.-]+)["']?\s*[:=]\s*(?!\s)(.*)$/.exec(line) ?? [];
    if (table !== undefined) {
      const section: Record<string, unknown> = {};
      table.split(".").reduce((at, name, index, all) => ((at[name] = index === all.length - 1 ? section : (at[name] ?? {})), at[name] as Record<string, unknown>), top);
      open.splice(1, open.length, { indent: -1, section });
    } else if (key !== "") {
      while (open.length > 1 && (open.at(-1)?.indent ?? -1) >= blank.length) {
        open.pop();
      }
      const quoted = /^(?:"([^"]*)"|'([^']*)')\s*(?:#.*)?$/.exec(rest);
      const text = quoted?.[1] ?? quoted?.[2] ?? (rest.split("#", 1)[0] ?? "").trimEnd();
      const owner = open.at(-1)?.section ?? top;
      if (text === "" || /^&\w+$/.test(text)) {
        const section: Record<string, unknown> = {};
        owner[key] = section;
        open.push({ indent: blank.length, section });
      } else {
        owner[key] = text;
      }
    }
  }
  return top;
}

const maxSettings = 50_000;

function valueOf(settings: unknown, depth: number): Value {
  if (typeof settings === "string") {
    return { cell: newCell(trait.unknown), text: settings };
  }
  if (typeof settings !== "object" || settings === null || depth > 6) {
    return unknownValue();
  }
  return Array.isArray(settings)
    ? { cell: newCell(trait.unknown), items: settings.slice(0, 64).map((item) => valueOf(item, depth + 1)) }
    : { cell: newCell(trait.unknown), kind: "arguments", entries: new Map(Object.entries(settings).slice(0, 200).map(([key, value]) => [key, valueOf(value, depth + 1)])) };
}

function pathCall(full: string, { receiver, values, method }: Call): Value | undefined {
  const texts = values.map(({ text }) => text ?? "*");
  switch (full) {
    case "pathlib.Path":
    case "pathlib.PosixPath":
    case "pathlib.PurePath":
      return withText(values, texts.length === 0 ? "." : texts.reduce((path, part) => joinPath(path, part)), { kind: "path" });
    case "os.path.join":
    case "posixpath.join":
      return withText(values, texts.reduce((path, part) => joinPath(path, part), ""));
    case "os.path.dirname":
      return withText(values, joinPath(texts[0] ?? "*", ".."));
    case "importlib.util.cache_from_source":
      return withText(values, joinPath(joinPath(texts[0] ?? "*", ".."), `__pycache__/${(texts[0] ?? "*").split("/").at(-1)?.replace(/\.py$/, "") ?? "*"}.cpython.pyc`), { kind: "path" });
    case "os.path.basename":
      return withText(values, (texts[0] ?? "*").split("/").at(-1));
    case "pathlib.Path.home":
      return withText([], "~", { kind: "path" });
    case "pathlib.Path.cwd":
    case "os.getcwd":
      return withText([], ".", { kind: "path" });
    case "site.getsitepackages":
    case "site.getusersitepackages":
    case "sysconfig.get_path": {
      const packages = withText([], "/usr/lib/python3/site-packages");
      return full === "site.getsitepackages" ? { ...packages, items: [packages] } : packages;
    }
    case "tempfile.mkdtemp":
    case "tempfile.gettempdir":
      return withText([], "/tmp/*");
    case "glob.glob":
    case "glob.iglob":
    case "os.listdir":
    case "os.scandir": {
      const text = full === "os.listdir" ? "*" : full === "os.scandir" ? joinPath(texts[0] ?? ".", "*") : (texts[0] ?? "*");
      return { cell: newCell(trait.unknown), items: [withText(values, text)] };
    }
    default:
      break;
  }
  if (receiver?.kind === "path") {
    const path = receiver.text ?? "*";
    if (method === "joinpath") {
      return withText([receiver], texts.reduce((joined, part) => joinPath(joined, part), path), { kind: "path" });
    }
    if (/^(resolve|absolute|expanduser|as_posix)$/.test(method)) {
      return receiver;
    }
    if (/^(with_suffix|with_name|with_stem)$/.test(method)) {
      return withText([receiver], method === "with_name" ? joinPath(joinPath(path, ".."), texts[0] ?? "*") : path, { kind: "path" });
    }
    if (/^(glob|rglob|iterdir)$/.test(method)) {
      return { cell: receiver.cell, items: [withText([receiver], joinPath(path, texts[0] ?? "*"), { kind: "path" })] };
    }
  }
  return undefined;
}

function environmentCall(full: string, { receiver, values, keywords, method }: Call, given: ScriptArguments): Value | undefined {
  if (full === "os.getenv" || full === "os.environ.get") {
    return withText([values[1]], given.environment?.get(values[0]?.text ?? "") ?? values[1]?.text ?? "*");
  }
  if (full === "argparse.ArgumentParser") {
    return { cell: newCell(trait.unknown), kind: "parser", entries: new Map() };
  }
  if (receiver?.kind === "parser" && method === "add_argument") {
    const name = values.map(({ text }) => text ?? "").find((text) => text.startsWith("--")) ?? values[0]?.text ?? "";
    const entries = receiver.entries as Map<string, Value>;
    const isOption = name.startsWith("-");
    const places = Array.from(entries.keys()).filter((key) => key.startsWith("#")).length;
    const option = isOption ? given.options.get(name) : given.words[places];
    const text = option ?? keywords.get("default")?.text;
    if (!isOption) {
      entries.set(`#${places}`, unknownValue());
    }
    entries.set(name.replace(/^-+/, "").replaceAll("-", "_"), { cell: newCell(trait.unknown), text });
    return unknownValue();
  }
  return receiver?.kind === "parser" && /^parse(_known)?_args$/.test(method) ? { cell: newCell(trait.unknown), kind: "arguments", entries: receiver.entries } : undefined;
}

/** Methods of texts, and what unwraps those that are written in another way. */
function textCall({ name, receiver, values, method }: Call): Value | undefined {
  const first = values[0]?.text;
  if (name === "base64.b64decode" && first !== undefined) {
    return withText(values, Buffer.from(first, "base64").toString("utf8"));
  }
  if (method === "fromhex" && first !== undefined) {
    return withText(values, Buffer.from(first.replace(/\s/g, ""), "hex").toString("utf8"));
  }
  const put = name === "re.sub" ? values[1]?.text : method === "replace" && values.length > 1 && receiver?.kind !== "path" ? values[1]?.text : undefined;
  const into = name === "re.sub" ? values[2] : receiver;
  if (put !== undefined && into !== undefined && into.text === undefined && into.name === undefined) {
    return { cell: into.cell, added: [...(into.added ?? []), put].slice(-20) };
  }
  if (name === "builtins.chr" || receiver?.text === undefined || receiver.kind === "path") {
    return undefined;
  }
  const { text } = receiver;
  switch (method) {
    case "decode":
    case "encode":
    case "strip":
    case "rstrip":
    case "lstrip":
      return receiver;
    case "lower":
      return { ...receiver, text: text.toLowerCase() };
    case "upper":
      return { ...receiver, text: text.toUpperCase() };
    case "replace": {
      const second = values[1]?.text;
      return first === undefined || second === undefined || first === "" ? unknownValue() : withText([receiver], boundedText(...text.split(first).flatMap((part, index) => (index === 0 ? [part] : [second, part]))));
    }
    case "format": {
      let at = 0;
      return withText([receiver, ...values], boundedText(...text.split(/\{[^{}]*\}/).flatMap((part, index) => (index === 0 ? [part] : [values[at++]?.text ?? "*", part]))));
    }
    case "join":
      return withText([receiver, ...values], boundedText(...(values[0]?.items ?? []).flatMap((item, index) => (index === 0 ? [item.text ?? "*"] : [text, item.text ?? "*"]))));
    case "split":
      return { ...made([receiver]), items: text.split(first ?? " ").slice(0, 100).map((part) => withText([receiver], part)) };
    default:
      return undefined;
  }
}
