/**
 * The files of one run, in `runs/<id>/` on the box. They are all there is to a
 * run: whoever reads them knows its state, also after the editor, the
 * connection or the box went away.
 *
 * ```
 * run.json      what to run, written by the client before anything starts
 * claim.json    who runs it: the supervisor, or a client that gave the run up before it began
 * child.json    the command's own process, for killing what is left of it
 * cancel        present once the run shall stop
 * stdout.log  stderr.log
 * exit.json     how it ended; the last file to appear
 * ```
 */
export const runFiles = {
  specification: "run.json",
  claim: "claim.json",
  child: "child.json",
  cancel: "cancel",
  stdout: "stdout.log",
  stderr: "stderr.log",
  exit: "exit.json",
} as const;
