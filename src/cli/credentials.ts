import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { singleLine } from "../base";
import { BoxError, type ConfirmHostKey, type Credentials } from "../boxes";

/** The terminal that a person is asked on. Questions go to stderr, so that stdout holds results alone. */
export interface AskingTerminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

const terminalOfThisProcess: AskingTerminal = { input: process.stdin, output: process.stderr };

/** Asks on the terminal for passphrases and passwords, which are not shown; without a terminal nobody is asked. */
export function cliCredentials(terminal: AskingTerminal = terminalOfThisProcess): Credentials {
  const secret = (question: string): Promise<string | undefined> => ask(terminal, question, false);
  const again = (failed: boolean): string => (failed ? "That was not right. " : "");
  return {
    passphrase: (keyFile, failed) => secret(`${again(failed)}Passphrase for ${singleLine(keyFile)}: `),
    password: (host, failed) => secret(`${again(failed)}Password of ${singleLine(`${host.user}@${host.name}`)}: `),
    answers: async (host, name, instructions, questions) => {
      const said = [`${host.name} asks:`, name, instructions].filter((line) => line !== "");
      if (questions.length > 0 && canAsk(terminal)) {
        terminal.output.write(`${singleLine(said.join(" "), 1000)}\n`);
      }
      const answers: string[] = [];
      for (const { text, echo } of questions) {
        const answer = await ask(terminal, `${singleLine(text, 500)} `, echo);
        if (answer === undefined) {
          return undefined;
        }
        answers.push(answer);
      }
      return answers;
    },
  };
}

/** Asks on the terminal whether a host's key is its own. @throws {BoxError} `host-key-refused`, saying what to do, where there is no terminal */
export function cliConfirmHostKey(terminal: AskingTerminal = terminalOfThisProcess): ConfirmHostKey {
  return async ({ host, port, fingerprint, type, otherKnownTypes }) => {
    const place = port === 22 ? singleLine(host) : `${singleLine(host)} port ${port}`;
    if (!canAsk(terminal)) {
      throw new BoxError(
        "host-key-refused",
        `Nothing vouches for the key of ${place} (${fingerprint}); nothing was sent to it: compare the fingerprint with what its owner says, then connect once in a terminal, or give it with --host-key.`,
      );
    }
    const wary = otherKnownTypes.length === 0 ? "" : `It is known by a key of another kind (${otherKnownTypes.map((known) => singleLine(known)).join(", ")}) and did not show that one.\n`;
    terminal.output.write(`Nothing vouches yet for the key of ${place}:\n  ${singleLine(type)} ${fingerprint}\n${wary}Compare it with what the box's owner says.\n`);
    const answer = (await ask(terminal, "Is it the box's key? Type yes, or paste the fingerprint you were given: ", true))?.trim();
    return answer?.toLowerCase() === "yes" || answer === fingerprint;
  };
}

/** One question at a time, whoever asks. */
let last: Promise<unknown> = Promise.resolve();

/** The answer to one question; undefined where there is no terminal, or the person does not want to say. */
async function ask(terminal: AskingTerminal, question: string, echo: boolean): Promise<string | undefined> {
  const mine = last.then(() => askNow(terminal, question, echo));
  last = mine.catch(() => undefined);
  return await mine;
}

async function askNow(terminal: AskingTerminal, question: string, echo: boolean): Promise<string | undefined> {
  if (!canAsk(terminal)) {
    return undefined;
  }
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: terminal.input, output: echo ? terminal.output : nowhere, terminal: true, historySize: 0 });
  if (!echo) {
    terminal.output.write(question);
  }
  return await new Promise((resolve) => {
    lines.once("SIGINT", () => {
      lines.close();
      // As without a question: whatever the command does then.
      process.kill(process.pid, "SIGINT");
    });
    lines.question(echo ? question : "", (answer) => {
      resolve(answer);
      lines.close();
    });
    lines.once("close", () => {
      if (!echo) {
        terminal.output.write("\n");
      }
      resolve(undefined);
    });
  });
}

function canAsk({ input, output }: AskingTerminal): boolean {
  return input.isTTY && output.isTTY;
}
