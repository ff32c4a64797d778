// What the published schemas of Inspect's logs say of an exported one; see test/fixtures/inspect/README.md.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AnySchema } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { repository } from "./build";

/** The parts of an archive, by their names, as a strict reader of JSON has them. */
export type InspectParts = Readonly<Record<string, unknown>>;

/** @throws where the archive or one of its parts is not whole, or a part is no JSON: Python's own reader takes NaN and Infinity unless told not to */
export function inspectParts(path: string): InspectParts {
  const program = "import json,sys,zipfile\ndef no(name): raise ValueError(name)\nz=zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nprint(json.dumps({n:json.load(z.open(n),parse_constant=no) for n in z.namelist()}))";
  return JSON.parse(execFileSync("python3", ["-c", program, path], { encoding: "utf8", maxBuffer: 1e8 })) as InspectParts;
}

const published = (name: string): AnySchema => JSON.parse(readFileSync(join(repository, "test", "fixtures", "inspect", name), "utf8")) as AnySchema;

const logSchema = published("log-schema.json");

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

const schemas = new Ajv2020({ strict: false, allErrors: true, formats: { "date-time": isoTime } }).addSchema(logSchema, "log").addSchema(published("inspect-openapi.json"), "openapi");

const definitions: Readonly<Record<string, string>> = { sample_init: "SampleInitEvent", info: "InfoEvent", tool: "ToolEvent", score: "ScoreEvent" };

/** Where a log's parts are not as the schemas say; one line each. */
export function inspectProblems(parts: InspectParts): string[] {
  const problems = (name: string, schema: string, value: unknown): string[] => {
    const isValid = schemas.getSchema(schema);
    if (isValid === undefined) {
      return [`${name}: ${schema} is not in the excerpt`];
    }
    return isValid(value) === true ? [] : (isValid.errors ?? []).map(({ instancePath, message, params }) => `${name}${instancePath} ${message ?? ""} ${JSON.stringify(params)}`);
  };
  const sampleName = Object.keys(parts).find((name) => name.startsWith("samples/")) ?? "samples/";
  const sample = parts[sampleName] as { events?: { event?: string }[] } | undefined;
  const summaries = ["summaries.json", "_journal/summaries/1.json"].flatMap((name) => (parts[name] as unknown[]).flatMap((summary, index) => problems(`${name}/${index}`, "openapi#/components/schemas/EvalSampleSummary", summary)));
  return [
    ...problems("_journal/start.json", "log", parts["_journal/start.json"]),
    ...problems("header.json", "log", parts["header.json"]),
    ...problems("header.json", "openapi#/components/schemas/EvalLog", parts["header.json"]),
    // Each event by its own definition first: of a choice between eighteen nobody sees which one was meant.
    ...(sample?.events ?? []).flatMap((event, index) => problems(`events/${index}`, `log#/$defs/${definitions[event.event ?? ""] ?? "?"}`, event)),
    ...problems(sampleName, "log#/$defs/EvalSample", sample),
    ...summaries,
  ];
}
