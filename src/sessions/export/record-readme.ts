import { singleLine } from "../../base";
import type { SessionState } from "../session-state";
import { checksumsFile, snapshotsBundle } from "./checksums";
import { verifierName } from "./verifier-program";

/** What a person reads first in an exported record. @param head SHA-256 of the journal's last line */
export function recordReadme({ created, attempts, submittedAt }: SessionState, head: string): string {
  const plain = (text: string): string => singleLine(text).replace(/[\\`*_{}[\]()<>#+!|-]/g, "\\$&");
  const ended = submittedAt === null ? "It was not submitted when this was exported." : `It was submitted at ${new Date(submittedAt).toISOString()}.`;
  return `# The record of a session

${plain(created.task.title)} (${plain(created.task.id)} ${plain(created.task.version)}, ${plain(created.task.profile)}), participant ${plain(created.participant)},
${attempts.length} attempts. ${ended}

## Checking it

    python3 ${verifierName}

needs Python 3.6 or later, and git for the snapshots. It prints what is wrong, if anything, and two hashes. \`sha256sum --check
${checksumsFile}\` checks the files alone; \`baseliner session verify FOLDER\` checks all of it with other code.

The journal's last line has the SHA-256 \`${head}\`.

## What is in it

| | |
| --- | --- |
| \`session.jsonl\` | the journal: everything that happened, one JSON object a line, each with the SHA-256 of the line before |
| \`journal.head\` | number and SHA-256 of the journal's last line |
| \`attempts/N/\` | what the scoring function printed and its result, for each attempt |
| \`terminals/N.cast\` | recorded terminals (asciicast v2), where the participant consented: what was shown, not what was typed |
| \`${snapshotsBundle}\` | the workspace at each attempt and every few minutes of work: \`git clone -b session ${snapshotsBundle} workspace\` |
| \`instructions.md\`, \`task.json\` | the task, where it was at hand |
| \`${checksumsFile}\` | the SHA-256 of every other file |

Files over the task's size limit and those that it ignores are in no snapshot; the journal lists the large ones (\`snapshot.taken\`, \`leftOut\`).

## What this proves

That nothing in it was changed, removed or added since it was written, by anyone who did not make all of it anew. Whoever owns the
computer that a session ran on can make a whole journal anew, with other times and other hashes. Two things hold against that: a hash
of the last line that somebody else noted down in time, and the box: it keeps its runs under names made of the journal's hash at the
moment each of them began, so a journal that was made anew does not fit them (\`baseliner session verify SESSION --box\`). On a
box with a scoring account of its own the participant cannot change those.
`;
}
