import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { initWasm, Resvg } from "@resvg/resvg-wasm";

/** The rasteriser may be started once in a process. */
let started: Promise<void> | undefined;

/**
 * Draws an SVG picture as a PNG, twice as large, so that it is sharp on dense screens and in print. Text is in DejaVu Sans, which comes along: a
 * machine without a screen often has no font.
 *
 * @param parts folder with `resvg.wasm` and `DejaVuSans.ttf`: `dist/pictures` of what was built
 */
export async function pngOf(svg: string, parts: string): Promise<Uint8Array> {
  started ??= readFile(join(parts, "resvg.wasm")).then(async (program) => await initWasm(program));
  await started;
  const font = await readFile(join(parts, "DejaVuSans.ttf"));
  const drawing = new Resvg(svg, { fitTo: { mode: "zoom", value: 2 }, font: { fontBuffers: [font], defaultFontFamily: "DejaVu Sans", sansSerifFamily: "DejaVu Sans" } });
  try {
    const image = drawing.render();
    try {
      return image.asPng();
    } finally {
      image.free();
    }
  } finally {
    drawing.free();
  }
}
