// What `npm run defences` takes away, one fault at a time, and the test that has to notice.

/**
 * A change of one file that removes a defence.
 * @typedef {object} Removal
 * @property {string} file From the root of the repository.
 * @property {string} text Stands in it exactly once.
 * @property {string} instead
 */

/**
 * @typedef {object} Defence
 * @property {string} fault
 * @property {string} defence What is removed, in a few words.
 * @property {Removal[]} removals All layers of the defence: each would hold alone.
 * @property {string} file Of the tests.
 * @property {string} test The end of the test's full name, or enough of it that no other has it.
 * @property {true} [built] Whether the test runs what is built from the changed file.
 */

const connection = "src/boxes/ssh/connection.ts";
const link = "src/boxes/ssh/link.ts";
const sshBox = "src/boxes/ssh/ssh-box.ts";
const program = "src/boxes/ssh/file-agent-program.ts";
const runScripts = "src/boxes/ssh/run-scripts.ts";
const names = "src/workspace/mirror-names.ts";

const connectionTests = "test/faults/ssh-connection.test.ts";
const filesTests = "test/faults/ssh-files.test.ts";
const sessionTests = "test/faults/remote-session.test.ts";
const mirrorTests = "test/faults/mirror.test.ts";
const fullTests = "test/faults/far-and-full-boxes.test.ts";
const hostileTests = "test/faults/hostile-box.test.ts";

/** @type {readonly Defence[]} */
export const defences = [
  {
    fault: "cut while connecting",
    defence: "a first connection that fails is told of, not tried on for ever",
    removals: [{ file: connection, text: '(!everConnected || reason.reason !== "unreachable")', instead: 'reason.reason !== "unreachable"' }],
    file: connectionTests,
    test: "a connection that breaks while it is made is said, and can be made again",
  },
  {
    fault: "cut during an upload: torn file",
    defence: "written beside its place and moved there when whole",
    removals: [
      { file: program, text: 'draft = self.prefix + str(at).encode("ascii")', instead: 'draft = change["path"].encode("utf-8")' },
      { file: program, text: "os.O_WRONLY | os.O_CREAT | os.O_EXCL", instead: "os.O_WRONLY | os.O_CREAT | os.O_TRUNC" },
    ],
    file: connectionTests,
    test: "a connection that breaks during an upload leaves the old content, whole, and no drafts",
  },
  {
    fault: "cut during an upload: drafts left behind",
    defence: "removed by the program on the box; by us once it is back",
    removals: [
      { file: program, text: "        changes.give_up()", instead: "        pass" },
      { file: sshBox, text: "this.leftovers.add(path);", instead: "" },
    ],
    file: connectionTests,
    test: "a connection that breaks during an upload leaves the old content, whole, and no drafts",
  },
  {
    fault: "cut during a run",
    defence: "output is asked for from where it was handed over to",
    removals: [{ file: sshBox, text: "offsets[stream] += bytes.length;", instead: "" }],
    file: connectionTests,
    test: "a connection that breaks again and again during a run loses not a byte of its output",
  },
  {
    fault: "cut between the start of a run and its answer",
    defence: "a run that is claimed is not started; nor does a second supervisor go on",
    removals: [
      { file: runScripts, text: "[ -e ${runFiles.claim} ] && return 0", instead: "" },
      { file: runScripts, text: "[ $claimed = 0 ] || exit 0", instead: "" },
    ],
    file: connectionTests,
    test: "a connection that breaks when a run has begun and that is not known yet starts it once",
  },
  {
    fault: "50 cuts",
    defence: "a lost connection is made again",
    removals: [{ file: connection, text: "        this.link = undefined;\n      } catch (error) {", instead: "        this.link = undefined;\n        this.stop(reason);\n      } catch (error) {" }],
    file: sessionTests,
    test: "outlives a connection that is cut and back fifty times, and records each time",
  },
  {
    fault: "half-open connection",
    defence: "signs of life are asked for",
    removals: [{ file: link, text: "keepaliveInterval: options.keepAliveMs,", instead: "keepaliveInterval: 0," }],
    file: connectionTests,
    test: "a connection that breaks in silence is noticed, and what was asked for is answered over a new one",
  },
  {
    fault: "200 ms latency",
    defence: "many changes are made in one round trip",
    removals: [
      {
        file: sshBox,
        text: "yield* agent.change(folder, changes, leftover, signal);",
        instead: "for await (const change of changes) {\n          yield* agent.change(folder, [change], leftover, signal);\n        }",
      },
    ],
    file: filesTests,
    test: "many changes over SSH need no more round trips for many files than for one",
  },
  {
    fault: "RekeyLimit 1M with a large transfer",
    defence: "the key that was accepted is answered for on the spot",
    removals: [{ file: link, text: "if (accepted !== undefined) {", instead: "if (false) {" }],
    file: connectionTests,
    test: "the host key is answered for at once when keys are exchanged anew in the middle of a transfer",
  },
  {
    fault: "MaxSessions 1",
    defence: "a refusal tells how many sessions there may be",
    removals: [{ file: "src/boxes/ssh/channels.ts", text: 'if (!(error instanceof Error) || !("reason" in error) || error instanceof BoxError) {', instead: "if (true) {" }],
    file: connectionTests,
    test: "a box of its own kind that allows one session at a time does everything in turns",
  },
  {
    fault: "changed host key",
    defence: "a key that is not the known one is refused",
    removals: [{ file: "src/boxes/ssh/host-key.ts", text: '    case "match":\n', instead: '    case "mismatch":\n    case "match":\n' }],
    file: connectionTests,
    test: "the host key that changed is refused before anything is sent, also when reconnecting",
  },
  {
    fault: "key refused",
    defence: "what was tried is told",
    removals: [{ file: link, text: 'authentication.record.join("; ")', instead: '""' }],
    file: connectionTests,
    test: "the way in is refused with all that was tried, and no secret",
  },
  {
    fault: "no posix-rename, with Python",
    defence: "moved into place by a program on the box, in one step",
    removals: [{ file: program, text: "        os.rename(draft, name,", instead: "        if status is not None: os.unlink(name, dir_fd=folder)\n        os.rename(draft, name," }],
    file: connectionTests,
    test: "without posix-rename replaces files and links all the same, in one step (with Python)",
  },
  {
    fault: "no posix-rename, without Python",
    defence: "moved into place by a shell on the box, in one step",
    removals: [{ file: "src/boxes/ssh/place-script.ts", text: 'mv -fT -- "$1" "$2" 2>/dev/null && return', instead: 'rm -f -- "$2"' }],
    file: connectionTests,
    test: "without posix-rename replaces files and links all the same, in one step (without Python)",
  },
  {
    fault: "disk full on the box: an upload that does not fit",
    defence: "the mirror stops and says so; nothing is scored that did not arrive",
    removals: [
      { file: "src/workspace/mirror.ts", text: '      case "stop":\n        throw failure;', instead: '      case "stop":\n        return;' },
      { file: "src/sessions/scored-files.ts", text: "(await mirror.changedSinceSettled(signal)).length === 0", instead: "true" },
    ],
    file: fullTests,
    test: "takes nothing that does not fit, is not scored meanwhile, and goes on once there is room (with Python)",
  },
  {
    fault: "disk full on the box: start of a run",
    defence: "a run whose end could not be recorded is not begun",
    removals: [{ file: runScripts, text: "elif disk_is_full; then", instead: "elif false; then" }],
    file: fullTests,
    test: "starts no run that it could not record, and does once there is room",
  },
  {
    fault: "disk full on a protected box: start of a run",
    defence: "a run whose end could not be recorded is not begun",
    removals: [{ file: "src/boxes/ssh/protected-entry.ts", text: "        expect_room()\n", instead: "" }],
    file: "test/faults/provision.test.ts",
    test: "records the end of a scoring once a full disk has room again, and no other score than its own",
  },
  {
    fault: "disk full on the box: in a run",
    defence: "who follows the run is told, while its end waits for room",
    removals: [{ file: runScripts, text: "&& disk_is_full && [ ! -e", instead: "&& false && [ ! -e" }],
    file: fullTests,
    test: "in the middle of a scoring says so, loses no attempt, and records once there is room how that ended",
  },
  {
    fault: "box rebooted in a run",
    defence: "the process that supervises the run is looked for while it is followed",
    removals: [{ file: runScripts, text: "supervisor_lives || { drain; return ${runScriptStatus.gone}; }", instead: "" }],
    file: sessionTests,
    test: "records a run as lost whose box was rebooted in the middle of it",
  },
  {
    fault: "clock of the box 3 h off",
    defence: "how far it is off is measured and recorded",
    removals: [{ file: "src/sessions/session.ts", text: "Math.round(told - (asked + time.now()) / 2)", instead: "Math.round(told - told)" }],
    file: sessionTests,
    test: "on a box whose clock is three hours ahead keeps our time, and records the box's and how far it is off",
  },
  {
    fault: "file truncated while it is read here",
    defence: "the last step of reading fails where the file is not what it was",
    removals: [{ file: "src/workspace/local-tree.ts", text: "if (!before.isFile() || bytes !== entry.bytes || textOf(before) !== textOf(after)) {", instead: "if (false) {" }],
    file: mirrorTests,
    test: "while files change a file that is truncated while it is read never arrives torn",
  },
  {
    fault: "file changed while it is read on the box",
    defence: "its status is compared when it was read",
    removals: [{ file: program, text: "if not same(status, os.fstat(file.fileno())):", instead: "if False:" }],
    file: filesTests,
    test: "files of a box that need no hash are listed without one, and break off where they change while they are read",
  },
  {
    fault: "endless banner",
    defence: "connecting has a deadline",
    removals: [{ file: link, text: "new Deadline(options.connectWithinMs, () => fail(", instead: "new Deadline(2 ** 30, () => fail(" }],
    file: connectionTests,
    test: "that greets without end, slowly, is given up",
  },
  {
    fault: "endless chatter of a shell",
    defence: "so much is read before a command begins, and no more",
    removals: [{ file: "src/boxes/ssh/remote-shell.ts", text: "before.length > noiseLimit", instead: "false" }],
    file: hostileTests,
    test: "whose shell never stops talking is given up",
  },
  {
    fault: "escape sequences in output",
    defence: "a terminal is shown text and colours alone",
    removals: [{ file: "src/cli/session-commands.ts", text: "if (process[stream].isTTY) {", instead: "if (false) {" }],
    file: hostileTests,
    test: "reaches a terminal with text and colours alone, and the record with every byte",
    built: true,
  },
  {
    fault: "file names with newlines and control characters",
    defence: "unsafe names are left out",
    removals: [{ file: names, text: "if (/\\p{Cc}|\\\\|\\uFFFD/u.test(path)) {", instead: "if (false) {" }],
    file: hostileTests,
    test: "keeps its unsafe names and links that lead out, which are listed, and the rest is scored (with Python)",
  },
  {
    fault: "file names with ../",
    defence: "refused in a listing, in a plan, by patterns, and when read from the box",
    removals: [
      { file: "src/boxes/ssh/scan.ts", text: "const ignored = ignore().add(", instead: "const ignored = ignore({ allowRelativePaths: true }).add(" },
      { file: "src/workspace/mirror-plan.ts", text: "this.ignored = ignore().add(", instead: "this.ignored = ignore({ allowRelativePaths: true }).add(" },
      { file: "src/workspace/mirror-plan.ts", text: "this.pulled = ignore().add(", instead: "this.pulled = ignore({ allowRelativePaths: true }).add(" },
      { file: "src/boxes/ssh/scan.ts", text: 'throw invalid("a path leads out of it");', instead: "" },
      { file: names, text: '      name !== ".." &&\n', instead: "" },
      { file: sshBox, text: "      expectInside(path);\n", instead: "" },
    ],
    file: hostileTests,
    test: "that lists files outside of the workspace is not believed, and nothing is written there",
  },
  {
    fault: "symlinks out of the root",
    defence: "links that lead out are left where they are",
    removals: [{ file: names, text: "export function leadsInside(path: string, target: string): boolean {\n", instead: "export function leadsInside(path: string, target: string): boolean {\n  return true;\n" }],
    file: hostileTests,
    test: "keeps its unsafe names and links that lead out, which are listed, and the rest is scored (with Python)",
  },
  {
    fault: "symlink on the box in place of a folder",
    defence: "folders are opened without following links",
    removals: [{ file: program, text: "os.open(name, directory | os.O_NOFOLLOW, dir_fd=parent)", instead: "os.open(name, directory, dir_fd=parent)" }],
    file: "test/faults/ssh-box.test.ts",
    test: "a box over SSH many changes at once never go through a link, nor out of their folder",
  },
  {
    fault: "symlink here in place of a folder",
    defence: "what is above a file is looked at again before it is put in place",
    removals: [{ file: "src/workspace/local-tree.ts", text: "      // Looked at again: the content may have taken long to come.\n      await this.makeFoldersAbove(path);\n", instead: "" }],
    file: mirrorTests,
    test: "a full comparison with 'this computer' does not write through a link that takes a folder's place during the comparison",
  },
];
