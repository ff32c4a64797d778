import { describe } from "vitest";
import { Sshd, whyNoSshd } from "../support/sshd";
import { describeBox } from "./box-contract";

describe.skipIf(whyNoSshd !== undefined)(`a box over SSH${whyNoSshd === undefined ? "" : ` (${whyNoSshd})`}`, () => {
  describeBox(async () => await (await Sshd.start()).box());
});
