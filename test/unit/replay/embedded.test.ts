import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { embedded, embeddedScript } from "../../../src/editor/replay/embedded";

test.each(["</script><img src=x onerror=alert(1)>", "<!--<script>", "</SCRIPT\t>", "]]>\u2028\u2029", "\ud800 \\u003c"])("text of a transcript that is embedded in a page stays text: %j", (text) => {
  const json = embedded({ rows: [{ text }] });
  expect(json).not.toMatch(/[<\u2028\u2029]/);
  expect(JSON.parse(json)).toEqual({ rows: [{ text }] });
});

test("a script that is embedded in a page ends none of its elements, and does the same", () => {
  const script = embeddedScript('globalThis.said = ["</script>", `<!-- ${1 < 2}`, "<\\/script>"];');
  expect(script).not.toMatch(/<\/script|<!--/i);
  expect(runInNewContext(`${script} said`)).toEqual(["</script>", "<!-- true", "</script>"]);
});
