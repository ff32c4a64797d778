import { aide } from "./aide";
import { atif } from "./atif";
import { claudeCode } from "./claude-code";
import { codex } from "./codex";
import { codexExec } from "./codex-exec";
import { codexExecFirst } from "./codex-exec-first";
import { copilot } from "./copilot";
import type { FirstSight, Format } from "./format";
import { geminiCli } from "./gemini-cli";
import { geminiCliPrinted } from "./gemini-cli-printed";
import { googleContents } from "./google-contents";
import { langSmith } from "./lang-smith";
import { langfuse } from "./langfuse";
import { malt } from "./malt";
import { messageList } from "./message-list";
import { miniSweAgent } from "./mini-swe-agent";
import { openTelemetry } from "./open-telemetry";
import { openCode, openCodePrinted } from "./opencode";
import { openHands } from "./openhands";
import { qwenCode } from "./qwen-code";
import { sweAgent } from "./swe-agent";
import { vivaria } from "./vivaria";
import { vsCodeChat } from "./vscode-chat";
import { vsCodeChatLog } from "./vscode-chat-log";

/** All formats that are JSON, those that ask for more before those that ask for less. */
const formats: readonly Format[] = [malt, vivaria, openTelemetry, langSmith, langfuse, qwenCode, claudeCode, codex, codexExec, codexExecFirst, atif, aide, sweAgent, openHands, miniSweAgent, geminiCli, geminiCliPrinted, openCode, openCodePrinted, copilot, vsCodeChat, vsCodeChatLog, googleContents, messageList].flat();

/** JSON that is no transcript we know is shown as what it is. */
const plain = { name: "json", title: "JSON", read: () => ({ record: () => undefined }) } as const;
const plainLines: Format = { ...plain, records: true, detect: ({ isLines }) => isLines };
const plainList: Format = { ...plain, records: { "*": true }, detect: ({ values }) => Array.isArray(values[0]) };
const plainDocument: Format = { ...plain, records: {}, detect: () => true };

/** The format of what was seen; undefined where it is none that we know. */
export function detectFormat(sight: FirstSight): Format | undefined {
  return formats.find((format) => format.detect(sight));
}

/** How JSON of an unknown format is read. */
export function plainFormat(sight: FirstSight): Format {
  return [plainLines, plainList].find((format) => format.detect(sight)) ?? plainDocument;
}
