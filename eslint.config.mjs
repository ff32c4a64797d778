import parser from "@typescript-eslint/parser";

/**
 * @type {Record<string, readonly string[]>}
 *
 * Which room of src/ may import which other rooms. A room that is not listed
 * here may import nothing but packages, and nothing may import it.
 */
export const walls = {
  base: [],
  protocol: ["base"],
  boxes: ["base"],
  tasks: ["base", "boxes"],
  workspace: ["base", "boxes"],
  sessions: ["base", "boxes", "tasks", "workspace"],
  transcripts: ["base"],
  audit: ["base", "tasks", "sessions", "transcripts"],
  analysis: ["base", "tasks", "sessions", "transcripts"],
  editor: ["base", "protocol", "boxes", "tasks", "workspace", "sessions", "transcripts", "audit", "analysis"],
  cli: ["base", "boxes", "tasks", "workspace", "sessions", "transcripts", "audit", "analysis"],
};

const rooms = Object.keys(walls);

/**
 * Relative imports of `room` that leave it for a room it may not know, or that reach past another room's index.
 *
 * @param {string} room
 * @returns {import("eslint").Linter.RulesRecord}
 */
function wallsOf(room) {
  const closed = rooms.filter((other) => other !== room && !walls[room]?.includes(other));
  const behindIndex = rooms.filter((other) => other !== room && other !== "base" && other !== "protocol");
  const patterns = [
    {
      regex: `^(\\.\\./)+(${behindIndex.join("|")})/(?!index$)`,
      message: "Import another room through its index.",
    },
  ];
  if (closed.length > 0) {
    patterns.push({
      regex: `^(\\.\\./)+(${closed.join("|")})(/|$)`,
      message: `src/${room} may not know this room (see docs/architecture.md).`,
    });
  }
  if (room !== "editor") {
    patterns.push({ regex: "^(\\.\\./)+extension$", message: "Nothing imports extension.ts." });
  }
  const paths = room === "editor" ? [] : [{ name: "vscode", message: "Only src/editor and src/extension.ts may use the vscode API." }];
  return { "no-restricted-imports": ["error", { paths, patterns }] };
}

/** Which room knows which; what TypeScript's own meaning is needed for is held by oxlint (.oxlintrc.json). */
export default [
  { files: ["src/**/*.ts"], languageOptions: { parser } },
  ...rooms.map((room) => ({ files: [`src/${room}/**/*.ts`], rules: wallsOf(room) })),
];
