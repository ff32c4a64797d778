import { describe } from "vitest";
import { systemTime } from "../../src/base";
import { LocalBox } from "../../src/boxes";
import { supervisor } from "../support/build";
import { describeBox } from "./box-contract";

describe("this computer", () => {
  describeBox(() => Promise.resolve(new LocalBox(supervisor, systemTime)));
});
