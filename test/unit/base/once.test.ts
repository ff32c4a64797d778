import { expect, test } from "vitest";
import { once } from "../../../src/base";

test("what is made once is made when it is first asked for, and stays the same", () => {
  let made = 0;
  const value = once(() => ({ number: ++made }));
  expect(made).toBe(0);
  expect(value()).toEqual({ number: 1 });
  expect(value()).toBe(value());
  expect(made).toBe(1);
});
