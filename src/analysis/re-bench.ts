import type { Aggregate, Constants } from "./run";

/** An environment of RE-Bench as its paper (arXiv 2411.15114) and published analyses give it. */
export interface PublishedTask extends Constants {
  readonly title: string;
  readonly aggregate: Aggregate;
}

/**
 * The seven environments by their published names. Scores are raw: logarithms where the environment's score is one. For the
 * scaling law and question answering, the reference is that of the published analyses (0.80, 0.8149) rather than of the task's text.
 */
export const reBenchTasks: Readonly<Record<string, PublishedTask>> = {
  ai_rd_optimize_llm_foundry: { title: "Optimize LLM Foundry", start: 5.6058, reference: 4.5433, aggregate: "best" },
  ai_rd_triton_cumsum: { title: "Optimize a Kernel", start: 1.56, reference: 0.47, aggregate: "best" },
  ai_rd_fix_embedding: { title: "Fix Embedding", start: 2.1962, reference: 0.2624, aggregate: "best" },
  ai_rd_small_scaling_law: { title: "Scaling Law Experiment", start: 0.24, reference: 0.8, aggregate: "last" },
  ai_rd_restricted_mlm: { title: "Restricted Architecture MLM", start: 1.8142, reference: 1.13, aggregate: "best" },
  ai_rd_nanogpt_chat_rl: { title: "Finetune GPT-2 for QA", start: 0.54, reference: 0.8149, aggregate: "best" },
  ai_rd_rust_codecontests_inference: { title: "Scaffolding for Rust Codecontests", start: 0, reference: 0.127, aggregate: "best" },
};

/** Time budget of a run where nothing else is known, in ms: the eight hours of RE-Bench. */
export const usualLimitMs = 8 * 3_600_000;
