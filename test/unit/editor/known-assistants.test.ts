import { describe, expect, test } from "vitest";
import { isAssistant } from "../../../src/editor/known-assistants";

describe("an extension", () => {
  test.each([
    ["GitHub.copilot", {}],
    ["saoudrizwan.claude-dev", { categories: ["Other"] }],
    ["someone.unknown", { categories: ["AI", "Other"] }],
    ["someone.unknown", { categories: ["Chat"] }],
    ["someone.unknown", { keywords: ["python", "ChatGPT"] }],
    ["someone.unknown", { contributes: { chatParticipants: [{}] } }],
    ["someone.unknown", { contributes: { languageModelChatProviders: [{}] } }],
  ])("%s with %j is an AI assistant", (id, manifest) => {
    expect(isAssistant(id, manifest)).toBe(true);
  });

  test.each([
    ["ms-python.python", { categories: ["Programming Languages", "Data Science", "Machine Learning"], keywords: ["python", "main"] }],
    ["someone.email", { keywords: ["email", "repair"] }],
    ["someone.odd", { categories: "AI", keywords: [3, null], contributes: null }],
  ])("%s with %j is none", (id, manifest) => {
    expect(isAssistant(id, manifest)).toBe(false);
  });
});
