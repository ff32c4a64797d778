import * as fc from "fast-check";
import { expect, it } from "vitest";
import { orderOf } from "../../../src/analysis/order";

it("puts numbers in order, equal ones as they were, however they are spread", () => {
  const spread = fc.oneof(fc.double({ min: 0, max: 3e7, noNaN: true }), fc.constantFrom(0, 1, 2, 28_800_000), fc.double({ min: 5, max: 5.000001, noNaN: true }));
  fc.assert(
    fc.property(fc.array(spread, { maxLength: 300 }), (numbers) => {
      const expected = Array.from(numbers.keys()).sort((one, other) => (numbers[one] ?? 0) - (numbers[other] ?? 0) || one - other);
      expect([...orderOf(Float64Array.from(numbers))]).toEqual(expected);
    }),
  );
});
