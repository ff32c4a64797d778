import { describe, expect, test } from "vitest";
import { parseDisk, ProbeReader } from "../../../src/boxes/resources/probe-reader";
import type { BoxResources } from "../../../src/boxes";

function read(...lines: string[]): BoxResources {
  const reader = new ProbeReader();
  reader.write(Buffer.from(`${lines.join("\n")}\n`));
  return reader.resources;
}

describe("what a box tells of itself", () => {
  test("is read the same in pieces of any size", () => {
    const text = Buffer.from("u 1000\nh größe\np 8\nm 1000 400\nw 1.25 0 0\n.\n");
    const whole = new ProbeReader();
    whole.write(text);
    for (let size = 1; size < 9; size += 1) {
      const reader = new ProbeReader();
      for (let at = 0; at < text.length; at += size) {
        reader.write(text.subarray(at, at + size));
      }
      expect(reader.resources).toEqual(whole.resources);
    }
    expect(whole.resources).toMatchObject({ host: "größe", processors: 8, load: 1.25, memoryBytes: 1_024_000, memoryFreeBytes: 409_600 });
  });

  test("takes the limits of a container where they are lower", () => {
    expect(read("p 64", "m 1000000 900000", "c 1024000 524288 24288 350000 100000", ".")).toMatchObject({ processors: 3.5, memoryBytes: 1_024_000, memoryFreeBytes: 524_000 });
    expect(read("p 64", "m 1000 900", "c max 100 0 max 100000", ".")).toMatchObject({ processors: 64, memoryBytes: 1_024_000 });
    expect(read("p 64", "m 1000 900", "c 9223372036854771712 100 0 -1 100000", ".")).toMatchObject({ processors: 64, memoryBytes: 1_024_000 });
  });

  test("leaves undefined what is not told, or cannot be right", () => {
    expect(read("p", "m  ", "w", "d ", "c", ".")).toMatchObject({ processors: undefined, memoryBytes: undefined, load: undefined, disk: undefined });
    expect(read("p -1", "m x y", "w nan", "d a b c d e", "z what", "", `h ${"x".repeat(5000)}`, ".")).toMatchObject({ processors: undefined, memoryBytes: undefined, load: undefined, disk: undefined, host: undefined });
  });

  test("is cleaned of what would deceive", () => {
    expect(read("h \u001b[31mred\u202e", "a GPU-1 12 5 0 ro\u001bot py\u0007thon [x](command:y)", "A", "g Failed \u001b]0;title\u0007")).toMatchObject({ host: "[31mred", gpuProcesses: [{ user: "ro ot", name: "py thon [x](command:y)" }] });
  });

  test("has GPUs by the round, also when one of them vanishes or nvidia-smi ends", () => {
    const row = (index: number, count: number, load = 1): string => `g ${count}, ${index}, GPU-${index}, 1.0, 100, 1, ${load}, Disabled, One, two`;
    const loads = ({ gpus }: BoxResources): unknown => (gpus.kind === "present" ? gpus.gpus.map(({ load }) => load) : gpus.kind);
    expect(loads(read(row(0, 2)))).toBe("unknown");
    expect(loads(read(row(0, 2), row(1, 2)))).toEqual([1, 1]);
    expect(loads(read(row(0, 2), row(1, 2), row(0, 2, 9)))).toEqual([1, 1]);
    expect(loads(read(row(0, 2), row(0, 2, 9), row(0, 2)))).toEqual([9]);
    expect(loads(read(row(0, 2), row(1, 2), "g Unable to determine the device handle", "g status 9"))).toBe("failed");
  });

  test("counts nvidia-smi as silent when it says nothing for some ticks, until it speaks again", () => {
    const row = "g 1, 0, GPU-0, 1.0, 100, 1, 1, Disabled, One";
    expect(read(row, ".", ".", ".").gpus.kind).toBe("present");
    expect(read(row, ".", ".", ".", ".").gpus.kind).toBe("silent");
    expect(read(row, ".", ".", ".", ".", row).gpus.kind).toBe("present");
    expect(read("n", ".", ".", ".", ".", ".").gpus.kind).toBe("none");
  });

  test("has the disk of df, whatever the names in it", () => {
    expect(parseDisk("/dev/vda         264212084 29986300  76404612      29% /")).toEqual({ bytes: 264_212_084 * 1024, freeBytes: 76_404_612 * 1024 });
    expect(parseDisk("//server/a share 1000 2000 -1000 200% /mnt/100 200 300 4% x")).toEqual({ bytes: 1_024_000, freeBytes: 0 });
  });
});
