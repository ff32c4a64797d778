/** A value as JSON that ends no element and begins none, whatever text is in it. */
export function embedded(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/** A script that ends no element. What would can only stand in a text of it, where the escape says the same. */
export function embeddedScript(script: string): string {
  return script.replace(/<(?=\/script|!--)/gi, "\\x3c");
}
