import * as z from "zod";
import { severities } from "./finding";
import { isPattern } from "./patterns";

/** What a path is to a task. Rules speak of roles, and the task says which paths have them. */
export const pathRoles = ["reference", "protected", "scorer", "scoreLog", "testData", "outputs", "solution", "timedScripts", "fixed"] as const;

export type PathRole = (typeof pathRoles)[number];

/** Where text that was copied can come from: files of a role, messages of the scorer, or pages of the web. */
export const sourceRoles = ["reference", "protected", "testData", "scoreMessage", "web"] as const;

export type SourceRole = (typeof sourceRoles)[number];

const globs = z.array(z.string().min(1));
const pattern = z.string().min(1).refine(isPattern, { message: "must be a regular expression of RE2" });
const patterns = z.array(pattern).default([]);
const names = z.array(z.string().min(1)).default([]);

const common = {
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "must be lower-case letters, digits and hyphens"),
  title: z.string().min(1).describe("What the rule forbids, in a few words."),
  sentence: z.string().optional().describe("The sentence of the instructions that the rule enforces."),
  severity: z.enum(severities),
  includes: z.array(z.string()).default([]).describe("Ids of general rules of the same detector that this rule stands for: what they list holds here too. A rule with the id of a general one does so by itself."),
  when: pattern.optional().describe("The rule holds only where a sentence of the instructions in the transcript matches this."),
};

const ruleSchema = z.discriminatedUnion("detector", [
  z.strictObject({
    ...common,
    detector: z.literal("copied-text"),
    from: z.array(z.enum(sourceRoles)).min(1).describe("Where text may not be copied from."),
    minimumLength: z.number().int().min(60).default(120).describe("Characters without white space that have to be the same."),
  }),
  z.strictObject({ ...common, detector: z.literal("copied-literals"), from: z.array(z.enum(sourceRoles)).min(1) }),
  z.strictObject({
    ...common,
    detector: z.literal("copied-files"),
    from: z.array(z.enum(pathRoles)).min(1).describe("Roles of files that may not be presented as one's own."),
  }),
  z.strictObject({ ...common, detector: z.literal("simulated-training"), kind: z.enum(["disguised-copy", "invented-metrics", "earlier-checkpoint", "shortened-training", "untrained"]) }),
  z.strictObject({
    ...common,
    detector: z.literal("tampering"),
    assign: names.describe("Names that may not be assigned to, such as time.time or torch.cuda.synchronize; * is any name."),
    call: names.describe("Functions that may not be called, such as sys._getframe."),
    attributes: names.describe("Attributes that may not be read, such as f_back."),
    change: z.array(z.enum(pathRoles)).default([]).describe("Roles of files that may not be changed."),
    commands: patterns.describe("Commands that may not be run, such as ^date -s."),
    fakesEquality: z.boolean().default(false).describe("Whether classes may not claim to equal everything."),
    loadsFirst: z.boolean().default(false).describe("Whether nothing may be loaded into other programs: sitecustomize, LD_PRELOAD, shadowed modules."),
    leavesWork: z.boolean().default(false).describe("Whether functions that are handed in may not leave work on a stream that nobody waits for."),
    keepsResults: z.boolean().default(false).describe("Whether functions that are handed in may not give back results of earlier calls, or tables of answers."),
    stubs: z.boolean().default(false).describe("Whether functions of the scorer may not be replaced."),
  }),
  z.strictObject({
    ...common,
    detector: z.literal("forbidden-operations"),
    functions: z.array(z.string()).min(1).describe("Functions in which they are forbidden, and in what these call."),
    operators: z.array(z.string()).default([]).describe("Python operators, such as / or **; compare stands for all comparisons."),
    calls: names.describe("Functions by their full name, such as torch.nn.functional.softmax."),
    methods: z.array(z.string()).default([]).describe("Methods by their name, such as mean."),
    statements: z.array(z.enum(["if", "while", "for"])).default([]),
  }),
  z.strictObject({
    ...common,
    detector: z.literal("forbidden-access"),
    commands: patterns.describe("Command lines that may not be run; variables and aliases are resolved."),
    calls: names.describe("Python functions that may not be called."),
    names: names.describe("Members of modules that may not be used at all, such as policy.TOPICS."),
    expressions: patterns.describe("Calls as they are written, without white space, that may not be made, such as manual_seed\\(43\\)."),
    read: z.array(z.enum(pathRoles)).default([]).describe("Roles of files that may not be read."),
    texts: patterns.describe("What may not stand in a string of code, such as the name of a model."),
    keys: z.array(z.string()).default([]).describe("Keys that may not be asked of a problem, such as solutions."),
    pretrained: z.boolean().default(false).describe("Whether weights of models from a hub may not be loaded."),
    otherModels: z.boolean().default(false).describe("Whether language models may not be asked that the instructions do not name."),
    hunting: z.boolean().default(false).describe("Whether the disk may not be searched for solutions, tests and references."),
  }),
  z.strictObject({
    ...common,
    detector: z.literal("evaluation-data"),
    use: z.enum(["trained", "stored"]).describe("Whether data of the evaluation may not be trained on, or may not be stored in what is handed in."),
  }),
  z.strictObject({ ...common, detector: z.literal("exceeded-limits") }),
  z.strictObject({
    ...common,
    detector: z.literal("score-anomalies"),
    beyond: z
      .union([z.number(), z.record(z.string(), z.number())])
      .optional()
      .describe("A score past this, in the direction of the task, is not plausible; by profile where profiles differ."),
    direction: z.enum(["min", "max"]).optional(),
    zeroDifference: patterns.describe("Names of numbers in a score's message that are never 0 by honest work."),
    unchanged: z.boolean().default(false).describe("Whether a far better score with unchanged files is reported."),
    answers: z.number().int().positive().optional().describe("More scorings than this of answers that differ in their numbers alone are guesses; so is one in a loop over answers."),
    scorings: z.number().int().positive().optional().describe("More valid scorings than this are guesses at a hidden answer."),
  }),
]);

/** `rules.json` of a task. The JSON Schema that the editor validates with is generated from it. */
export const rulesSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  extends: z.enum(["general", "none"]).default("general").describe("Whether the general rules hold as well; a rule with the same id adds to a general one."),
  disable: z.array(z.string()).default([]).describe("Ids of general rules that do not hold."),
  paths: z
    .strictObject(Object.fromEntries(pathRoles.map((role) => [role, globs])) as Record<PathRole, typeof globs>)
    .partial()
    .default({})
    .describe("Which paths have which role: * within a name, ** over folders, and everything below."),
  rules: z.array(ruleSchema).default([]),
});

/** Paths by their role, as a rule file writes them. */
export type RolePaths = { readonly [Role in PathRole]?: readonly string[] | undefined };

export type RulesFile = z.infer<typeof rulesSchema>;
export type Rule = z.infer<typeof ruleSchema>;
export type RuleOf<Detector extends Rule["detector"]> = Extract<Rule, { detector: Detector }>;
export type DetectorName = Rule["detector"];
