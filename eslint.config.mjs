import tseslint from "typescript-eslint";

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
 * @returns {import("@typescript-eslint/utils").TSESLint.FlatConfig.Rules}
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

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", ".vscode-test/", ".demo/", "tasks/", "test/fixtures/"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: ["./tsconfig.json", "./tsconfig.webview.json"], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      // vscode.Disposable is a shape: emitters, trees and status bar items are disposables without being made by it.
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "no-control-regex": "error",
      eqeqeq: "error",
    },
  },
  {
    files: ["**/*.mjs"],
    rules: { eqeqeq: "error", "no-unused-vars": "error", "prefer-const": "error" },
  },
  ...rooms.map((room) => ({ files: [`src/${room}/**/*.ts`], rules: wallsOf(room) })),
);
