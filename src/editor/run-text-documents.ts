import { basename, extname } from "node:path";
import * as vscode from "vscode";
import * as z from "zod";
import { runText } from "../analysis";
import { runScheme } from "../contributions";

/** Where a run stands in a table that is too large for an editor of its own; VS Code tells the language by the address's end. */
const runLinesSchema = z.strictObject({ path: z.string().min(1), line: z.number().int().positive(), run: z.string() });

/** The address of a document that shows what a table says of one run. */
export function runTextUri(path: string, line: number, run: string): vscode.Uri {
  const ending = extname(path).toLowerCase() === ".jsonl" ? ".json" : extname(path);
  const lines: z.infer<typeof runLinesSchema> = { path, line, run };
  return vscode.Uri.from({ scheme: runScheme, path: `/${basename(path, extname(path))} line ${line}${ending}`, query: JSON.stringify(lines) });
}

/** Read-only documents with what a table says of one run. */
export async function runTextOf(uri: vscode.Uri): Promise<string> {
  const { path, line, run } = runLinesSchema.parse(JSON.parse(uri.query));
  return await runText(path, line, run);
}
