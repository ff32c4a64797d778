import { describe } from "vitest";
import { Sshd, whyNoSshd } from "../support/sshd";
import { describeBox } from "./box-contract";
import { describeFiles } from "./box-files-contract";

describe.skipIf(whyNoSshd !== undefined)(`a box over SSH${whyNoSshd === undefined ? "" : ` (${whyNoSshd})`}`, () => {
  describeBox(async () => await (await Sshd.start()).box());
});

describe.skipIf(whyNoSshd !== undefined)("a box over SSH without Python", () => {
  describeFiles(async () => await (await Sshd.start({ config: ["SetEnv BASELINER_WITHOUT_PYTHON=1"] })).box());
});
