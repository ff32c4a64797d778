/** Assistants that are known by name: the `itemName`s of their pages (marketplace.visualstudio.com/items?itemName=…) in lower case, as of November 2026. */
const knownAssistants = new Set([
  "amazonwebservices.amazon-q-vscode",
  "anthropic.claude-code",
  "augment.vscode-augment",
  "blackboxapp.blackbox",
  "codeium.codeium",
  "codium.codium",
  "continue.continue",
  "danielsanmedium.dscodegpt",
  "genieai.chatgpt-vscode",
  "github.copilot",
  "github.copilot-chat",
  "google.geminicodeassist",
  "kilocode.kilo-code",
  "openai.chatgpt",
  "rjmacarthy.twinny",
  "rooveterinaryinc.roo-cline",
  "saoudrizwan.claude-dev",
  "sourcegraph.amp",
  "sourcegraph.cody-ai",
  "supermaven.supermaven",
  "tabbyml.vscode-tabby",
  "tabnine.tabnine-vscode",
  "visualstudioexptteam.vscodeintellicode",
  "visualstudioexptteam.vscodeintellicode-completions",
  "zencoderai.zencoder",
]);

/** Contributions that only extensions with a language model make (code.visualstudio.com/api/references/contribution-points). */
const telltaleContributions = ["chatParticipants", "languageModelChatProviders", "languageModelTools", "mcpServerDefinitionProviders", "chatAgents"];

/** Words among an extension's categories and keywords that say what it is. */
const telltaleWords = new Set(["ai", "chat", "llm", "copilot", "chatgpt", "gpt", "claude", "gemini", "openai", "anthropic", "ai assistant", "ai code completion", "coding agent"]);

/** What of a manifest tells whether it is an assistant. */
export interface Manifest {
  readonly version?: unknown;
  readonly categories?: unknown;
  readonly keywords?: unknown;
  readonly contributes?: unknown;
}

/** Whether an extension is an AI assistant: known by name, by what it contributes, or by the words that it describes itself with. */
export function isAssistant(id: string, manifest: Manifest): boolean {
  const { contributes } = manifest;
  return (
    knownAssistants.has(id.toLowerCase()) ||
    (typeof contributes === "object" && contributes !== null && telltaleContributions.some((name) => Object.hasOwn(contributes, name))) ||
    [manifest.categories, manifest.keywords].flatMap((words) => (Array.isArray(words) ? (words as unknown[]) : [])).some((word) => typeof word === "string" && telltaleWords.has(word.toLowerCase()))
  );
}
