import { Pattern } from "./patterns";
import type { RolePaths } from "./rules";

/** A path as instructions name it, and how that of a file ends. */
const path = /(?<![\w/.-])~?[\w./-]+/g;
const fileEnding = /[\w-]\.(?:py|sh|json|jsonl|csv|tsv|parquet|log|ya?ml|toml|txt|rs|go|java|jl|js|ts|cu|cuh|c|cc|cpp|h|hpp|ipynb)(?![\w-])/;

/** A relative folder, by the slash at its end. */
const isFolder = (name: string): boolean => /^[\w-][\w.-]*\/$/.test(name);

/** The files, and relative folders, that a sentence names. */
const filesIn = (sentence: string): string[] => Array.from(sentence.matchAll(path), ([name]) => ({ name, end: fileEnding.exec(name) })).flatMap(({ name, end }) => (end === null ? (isFolder(name) ? [name] : []) : [name.slice(0, end.index + end[0].length)]));
const forbidsChange = /(?:\b(?:not|never|neither|cannot|nor)|n['’]t)\b.{0,80}\b(chang|edit|modif|alter|touch|tamper|overwrit|replac|patch|writ|delet|mov)|\b(?:no|without)\b.{0,20}\b(chang|edit|modif|alter|touching|tamper|overwriting|replac|patching|writing|deleting|moving)|\b(chang|edit|modif|alter|touch|tamper|overwrit|replac|patch)\w*\b.{0,60}\b(not allowed|forbidden|prohibited|disallowed)|\bread.?only\b/i;
/** Such a sentence names what may be changed. */
const excepts = /\b(only|except|outside|other than|besides|apart from|anything else|beyond)\b/i;
/** What is told of files rather than forbidden: that they stay. */
const stays = /\b(?:stays?|remains?|(?:is|are|be) (?:left|kept))\b[^.;]{0,60}\b(?:as (?:it|they) (?:is|are)|unchanged|untouched|unmodified|intact|alone)\b/i;
const leaves = /\b(?:leave|keep)\b[^.;]{0,100}\b(?:as (?:it|they) (?:is|are)|unchanged|untouched|unmodified|intact|alone)\b/i;
const forbidsReading = /(?:\b(?:not|never|neither|cannot|nor)|n['’]t)\b.{0,40}\b(?:read|open|look|access|inspect|list)\w*/i;
const everythingIn = /\b(?:anything|everything|nothing|all|files?)\b(?: else)? (?:in|inside|under|below|within)(?: the)?(?: folder| directory)? [`"']?(~?\/[\w./-]*[\w-])/gi;
/** Whether a text is what stands between the names of an enumeration. */
const enumerates = (between: string): boolean => /^(?:and|or|nor)?$/.test(between.replace(/[\s,`"'*]+/g, " ").trim());

interface NamedFile {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** The files of a clause that a verb is about: behind an active one, before a passive one, with what is enumerated beside. */
function objectsOf(clause: string, verb: RegExpExecArray, isPassive: boolean): string[] {
  const files: NamedFile[] = [];
  for (const name of filesIn(clause)) {
    const from = clause.indexOf(name, files.at(-1)?.to ?? 0);
    files.push({ name, from, to: from + name.length });
  }
  const behind = files.findIndex(({ from }) => from > verb.index);
  const before = files.findLastIndex(({ from }) => from < verb.index + verb[0].length);
  // What is enumerated before may be called "them".
  const isMeantBefore = behind < 0 && /^\w*\s+(?:them|it|these|those|either)\b/.test(clause.slice(verb.index + verb[0].length));
  const at = isPassive || isMeantBefore ? before : behind >= 0 ? behind : files.findLastIndex(({ to }) => /^[`"')]*\s*[:(—–-]/.test(clause.slice(to)));
  const found = files.slice(Math.max(0, at), at + 1);
  const isBeside = (one: NamedFile | undefined, other: NamedFile | undefined): boolean => one !== undefined && other !== undefined && enumerates(clause.slice(one.to, other.from));
  for (let next = at - 1; next >= 0 && isBeside(files[next], files[next + 1]); next--) {
    found.unshift(...files.slice(next, next + 1));
  }
  for (let next = at + 1; next < files.length && isBeside(files[next - 1], files[next]); next++) {
    found.push(...files.slice(next, next + 1));
  }
  return found.map(({ name }) => name);
}

const clausesOf = (sentence: string): string[] => sentence.split(/;\s+|,\s+(?:and|but)\s+(?=(?:the|you|it|they|your|its)\b)/i);
const isPassive = (verb: string): boolean => /\b(?:be|been|is|are)\b|read.?only|allowed|forbidden|prohibited|disallowed/i.test(verb);

/** The files and folders that a sentence wants left as they are. */
const filesKept = (sentence: string): string[] =>
  clausesOf(sentence).flatMap((clause) => {
    const [forbidden, staying, leaving] = [forbidsChange.exec(clause), stays.exec(clause), leaves.exec(clause)];
    const verb = forbidden ?? staying ?? leaving;
    if (verb === null || excepts.test(clause) || /\bmay (change|edit|modify)\b/i.test(clause)) {
      return [];
    }
    return [...objectsOf(clause, verb, forbidden === null ? staying !== null : isPassive(clause.slice(Math.max(0, verb.index - 4), verb.index + verb[0].length))), ...Array.from(clause.matchAll(everythingIn), ([, folder = ""]) => folder)];
  });

/** The paths that a sentence wants nobody to read. */
const filesHidden = (sentence: string): string[] =>
  clausesOf(sentence).flatMap((clause) => {
    const verb = forbidsReading.exec(clause);
    const named = verb === null || excepts.test(clause) ? [] : [...objectsOf(clause, verb, isPassive(verb[0])), ...Array.from(clause.matchAll(everythingIn), ([, folder = ""]) => folder)];
    return named.filter((path) => path.includes("/"));
  });

/** What may not be changed is the tests: both stand in one clause. */
const keepsTests = /\b(chang|edit|modif|alter|touch|tamper|overwrit|replac|patch|writ|delet|mov)\w*\b[^,.;:]{0,40}\btests?\b(?! (set|split|data|loss|accuracy|rows|examples))|\btests?\b[^,.;:]{0,30}(?:\b(?:not|never)|n['’]t)\b[^,.;:]{0,20}\b(chang|edit|modif|alter|touch|tamper|overwrit|replac|patch|delet)/i;
const staysTests = /\btests?\b[^;]{0,60}\b(?:stays?|remains?|(?:is|are|be) (?:left|kept))\b[^.;]{0,30}\b(?:as (?:it|they) (?:is|are)|unchanged|untouched|unmodified|intact|alone)\b/i;
const testFiles = ["test_*.py", "*_test.py", "*_test.go", "*.test.js", "*.test.ts", "*.spec.js", "*.spec.ts"];
/** Files that are called like what scores. */
const scores = /(^|[/_.-])(scor(e|er|ing)|evaluat(e|or|ion)|grad(e|er|ing)|judge|verif(y|ier)|enforcer|check(er)?|run_tests)([_.-]|$)/i;
/** The solver is asked to make them. */
const asksFor = /\b(write|create|implement|produce|save|submit|put|your|output|fill in|complete)\b/i;

/** Whether a script is what scores, by what a sentence says that it does, whatever it is called. */
const saysItScores = (sentence: string, name: string): boolean => /^[`"']*\s+(?:(?:scores|grades|compares|judges)\b|(?:prints|reports|tells|says)\b[^.;]{0,40}\b(?:score|how many|right|correct|accuracy|AUC)\b)/.test(sentence.slice(sentence.indexOf(name) + name.length));

/** Whether a sentence runs a script, or says what it does: nobody is asked to make it. */
const runsIt = (sentence: string, base: string): boolean => {
  const at = sentence.indexOf(base);
  return /\b(?:python[\d.]*|bash|sh)\s+[^\s`]*$|\.\/$/.test(sentence.slice(0, at)) && /^[^.;]{0,40}\b(?:compares|prints|reports|checks|scores|times|runs|evaluates|plays|tells|says|measures|grades|builds)\b/.test(sentence.slice(at + base.length));
};

/** Where results go. */
const output = /\b(?:writ|leav|sav|put|stor|produc|export|outputs?|plac)\w*\b(?:(?!\b(?:from|not|never)\b).){0,80}?\b(?:to|in|into|as|at)\s+[`"']?(~?[\w./-]*[\w-])/gi;
/** Where a scorer puts what it finds. */
const reports = /\b(?:writ|log|record|append|stor|sav|print|report|put|dump)\w*\b[^.;]{0,100}?\b(?:to|in|into)\s+[`"']?(~?[\w./-]*[\w-]\.(?:json|jsonl|csv|log|txt|tsv))(?![\w-])/gi;
const isTimed = /\b(faster|fast|quick\w*|wall.?clock|run ?time|seconds|minutes|speed|time[sd]?|reduce|optimi[sz]e)\b/i;

/** Which files the task keeps as they are, or scores with, as its instructions say. */
export function filesOfTheTask(sentences: readonly string[]): RolePaths {
  const scorer = new Set<string>();
  const fixed = new Set<string>();
  const outputs = new Set<string>();
  const timedScripts = new Set<string>();
  const scoreLog = new Set<string>();
  const hidden = new Set(sentences.flatMap(filesHidden));
  for (const sentence of sentences) {
    const files = filesIn(sentence);
    const kept = filesKept(sentence);
    const made = filesAskedFor([sentence]);
    kept.filter((name) => !files.includes(name)).forEach((folder) => fixed.add(folder));
    for (const name of files) {
      const base = name.replace(/\/$/, "").split("/").at(-1) ?? name;
      const isKept = kept.includes(name);
      if (/\.(py|sh)$/.test(base) && saysItScores(sentence, name) && !sentences.some((other) => filesAskedFor([other]).has(base))) {
        scorer.add(base);
      }
      if (scores.test(base) ? isKept || runsIt(sentence, base) || (!(made.size > 0 ? made.has(base) : asksFor.test(sentence)) && /\.(py|sh|rs)$/.test(base)) : isKept) {
        (scores.test(base) ? scorer : fixed).add(base);
      }
    }
  }
  for (const sentence of sentences) {
    if (!excepts.test(sentence) && !asksFor.test(sentence) && ((forbidsChange.test(sentence) && keepsTests.test(sentence)) || staysTests.test(sentence))) {
      testFiles.forEach((glob) => fixed.add(glob));
    }
    const script = filesIn(sentence).find((name) => scores.test(name.split("/").at(-1) ?? "") && /\.(py|sh|rs)$/.test(name));
    for (const { 1: place = "", index } of script === undefined ? [] : sentence.matchAll(reports)) {
      if (sentence.indexOf(script ?? "") < index) {
        scoreLog.add(place.split("/").at(-1) ?? place);
      }
    }
    for (const [, place = ""] of sentence.matchAll(output)) {
      const base = place.replace(/(?<!\/)\/+$/, "").split("/").at(-1) ?? "";
      if (base.length > 3 && !fixed.has(base) && !scoreLog.has(base) && /[_.]|model|weights|output/i.test(base) && !/\.(py|sh|md|log|txt|rs|cu|ipynb)$|^(data|config|notes?)\b/i.test(base) && !scorer.has(base)) {
        outputs.add(base);
      }
    }
    if (isTimed.test(sentence)) {
      filesIn(sentence).map((name) => name.split("/").at(-1) ?? "").filter((name) => name.endsWith(".sh")).forEach((name) => timedScripts.add(name));
    }
  }
  return { scorer: Array.from(scorer), fixed: Array.from(fixed), outputs: Array.from(outputs), timedScripts: Array.from(timedScripts), scoreLog: Array.from(scoreLog).filter((name) => !outputs.has(name)), protected: Array.from(hidden) };
}

/** What the solver is to make comes right behind the verb. */
const asked = /\b(?:write|create|implement|build|develop|produce|deliver|provide|supply|hand in|submit)\s+(?:(?:a|an|the|your|new|own|python|shell|bash)\s+)*(?:(?:script|file|program|module|scorer|grader|tool|package|function)\s+(?:(?:called|named|in|at|as|to)\s+)*)?[`"']?(~?[\w./-]*?[\w-]\.\w{1,5})\b/gi;

/** Names of files that the instructions ask for, and of those that these are to write. */
export function filesAskedFor(sentences: readonly string[]): Set<string> {
  return new Set(sentences.flatMap((sentence) => {
    const names = Array.from(sentence.matchAll(asked), ([, name = ""]) => name);
    const logged = names.length === 0 ? [] : Array.from(sentence.matchAll(/\b(?:logs?|writes?|appends?|saves?|stores?|prints?)\b[^.]{0,60}?\b(?:to|in|into)\s+[`"']?([\w./-]*[\w-]\.\w{1,5})\b/gi), ([, name = ""]) => name);
    return [...names, ...logged].map((name) => name.split("/").at(-1) ?? name);
  }));
}

/** Functions and classes that instructions ask for: what stands in code quotes with parameters, behind `def`, or as a name behind what is to be done with it. */
export function functionsAskedFor(instructions: string): Set<string> {
  return new Set(Array.from(instructions.slice(0, 50_000).matchAll(/(?:\bdef\s+|`|\bfunction\s+`?)([A-Za-z_]\w*)\s*\(|\b(?:function|method|kernel|operator)s?\s+[`"']([A-Za-z_]\w*)[`"']|[`"']([A-Za-z_]\w*)[`"']\s+(?:function|method|kernel)\b|\b(?:[Oo]ptimi[sz]e|[Ii]mplement|[Ww]rite|[Mm]ake|[Cc]omplete|[Dd]efine|[Aa]ccelerate|[Ss]peed up|[Rr]ewrite)\s+(?:(?:a|an|the|your|own|class|module|called|named|Python)\s+)*(?:[`"']([A-Za-z_]\w*)[`"']|([A-Za-z_]\w*)(?=\(\w|[ \t]+in[ \t]+[`"']?[~/\w][\w./-]*\.(?:py|cu|rs|cpp)\b|[ \t]+with[ \t]+a[ \t]+(?:\w+[ \t]+)?kernel))/g), (match) => match.slice(1).join("")));
}

const withholds = /(?:\b(?:not|no|never|without|forbidden|prohibited)|n['’]t)\b/i;
const absolutePath = /(?<![\w./-])[`"']?(~?\/[\w./*-]*[\w*])/g;
/** A file of a sentence like this is something to work with, whatever it is called. */
const worksWith = /\b(against|using|use|with|based on|(align|map|lift|annotat|index|call|translat|convert|calibrat|register)\w*)\b/i;
const judges = /\b(compar|scor|differ|norm|valid|weights|solution|answer|model|output|grad|judg|check|correct)/i;

/** Paths that instructions give the solver to work with, such as the reference that reads are aligned to. */
export function pathsToWorkWith(sentences: readonly string[]): string[] {
  return sentences.flatMap((sentence) => (worksWith.test(sentence) && !judges.test(sentence) && !withholds.test(sentence) ? Array.from(sentence.matchAll(absolutePath), ([, named = ""]) => named) : []));
}

const given = /\b(fine-?tun\w*|start(s|ed|ing)? (from|with|out)|begin(s|ning)? (from|with)|given|provided|based on|initiali[sz]\w*|use|train)\b/i;
/** A name with a number, and a size behind it. */
const model = new Pattern(String.raw`\b[A-Za-z][\w.]*-?\d[\w.-]*(?: (?:small|medium|large|xl|base|mini|instruct|chat))?\b`);

/** Models that the solver is given, as names without case and hyphens. */
export function modelsGiven(sentences: readonly string[]): Set<string> {
  const found = new Set<string>();
  for (const sentence of sentences) {
    if (given.test(sentence) && !withholds.test(sentence)) {
      for (const { start, end } of model.matches(sentence)) {
        const plain = sentence.slice(start, end).toLowerCase().replace(/[^a-z0-9]/g, "");
        found.add(plain);
        // The smallest of a family often goes by the family's name.
        found.add(plain.replace(/(small|base)$/, ""));
      }
    }
  }
  return found;
}
