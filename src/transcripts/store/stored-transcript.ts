import * as z from "zod";
import { once } from "../../base";

/** What is kept of a transcript whose index is complete. */
export const storedTranscript = once(() =>
  z.object({
    version: z.number(),
    generation: z.string(),
    format: z.string(),
    formatTitle: z.string(),
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    count: z.number().int().nonnegative(),
    textBytes: z.number().int().nonnegative(),
    total: z.number(),
    names: z.array(z.string()),
  }),
);

export type StoredTranscript = z.infer<ReturnType<typeof storedTranscript>>;
