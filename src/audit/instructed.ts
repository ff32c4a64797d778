import { oncePer } from "./once-per";
import { PathRoles } from "./paths";
import { type ActiveRule, activeRules, type RuleSet, sentencesOf } from "./rule-set";
import { filesAskedFor, filesOfTheTask, functionsAskedFor, modelsGiven, pathsToWorkWith } from "./told";

/** Many samples have the same instructions, and most that follow each other; those of so many are remembered. */
const maxRemembered = 8;

/** What follows from rules and instructions together. */
export interface Instructed {
  /** The rules that hold. */
  readonly rules: readonly ActiveRule[];
  readonly roles: PathRoles;
  /** Names of functions and classes that the solver is asked for, and of files. */
  readonly asked: ReadonlySet<string>;
  readonly made: ReadonlySet<string>;
  /** Names of files that the instructions give a role. */
  readonly named: ReadonlySet<string>;
  /** Models, and paths, that the solver is given to work with. */
  readonly given: ReadonlySet<string>;
  readonly workedWith: readonly string[];
}

const remembered = oncePer((_rules: RuleSet) => new Map<string, Instructed>());

/** What follows from rules and instructions together. Of a known task its rules say it all but which functions are asked for. */
export function instructed(ruleSet: RuleSet, instructions: string): Instructed {
  const known = remembered(ruleSet);
  let found = known.get(instructions);
  if (found === undefined) {
    const sentences = ruleSet.isOfTask ? [] : sentencesOf(instructions);
    const told = ruleSet.isOfTask ? {} : filesOfTheTask(sentences);
    found = {
      rules: activeRules(ruleSet.rules, instructions),
      roles: new PathRoles(ruleSet.paths, told),
      named: new Set(Object.values(told).flatMap((paths) => paths ?? [])),
      asked: functionsAskedFor(instructions),
      made: filesAskedFor(sentences),
      given: modelsGiven(sentences),
      workedWith: pathsToWorkWith(sentences),
    };
    for (const oldest of known.size >= maxRemembered ? known.keys() : []) {
      known.delete(oldest);
      break;
    }
    known.set(instructions, found);
  }
  return found;
}
