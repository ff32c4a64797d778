/**
 * A Python program that runs a shell at a terminal of its own: `python3 -c <program> <columns> <rows> <shell> [<argument>…]`.
 * Its input is what is typed, its output what the shell prints, byte by byte; each line `<columns> <rows>` of file 3 is a new
 * size. It ends as the shell does (128 and the signal where one ended it), and the shell with it: at the end of its input the
 * shell gets what a closed terminal sends. Node has no terminals of its own, and Python is what every task needs anyway.
 */
export const terminalProgram = `
import errno, fcntl, os, pty, select, signal, struct, sys, termios

def resize(terminal, columns, rows):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

columns, rows, *command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    try:
        os.close(3)
        resize(0, int(columns), int(rows))
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, (command[0] + ": " + os.strerror(error.errno) + "\\r\\n").encode())
    os._exit(127)

def ignore(*_):
    pass

# Its end is told by a byte in a pipe, so that select wakes up.
ended, tell_end = os.pipe()
os.set_blocking(tell_end, False)
signal.signal(signal.SIGCHLD, ignore)
signal.set_wakeup_fd(tell_end, warn_on_full_buffer=False)
os.set_blocking(terminal, False)

def printed():
    """What the shell has printed since; nothing where it has closed the terminal, None where it may print more."""
    try:
        return os.read(terminal, 65536)
    except BlockingIOError:
        return None
    except OSError as error:
        if error.errno == errno.EIO:
            return b""
        raise

def show(text):
    while text:
        text = text[os.write(1, text):]

status = None
def has_ended():
    global status
    if status is None:
        pid, found = os.waitpid(child, os.WNOHANG)
        status = found if pid else None
    return status is not None

typed, sizes, reading = b"", b"", {0, 3, ended, terminal}
try:
    while not has_ended():
        ready, writable, _ = select.select(reading, [terminal] if typed else [], [])
        if ended in ready:
            os.read(ended, 64)
        if 3 in ready:
            piece = os.read(3, 4096)
            if not piece:
                reading.discard(3)
            *lines, sizes = (sizes + piece).split(b"\\n")
            for line in lines[-1:]:
                resize(terminal, *map(int, line.split()))
        if terminal in ready:
            piece = printed()
            if piece == b"":
                reading.discard(terminal)
            show(piece or b"")
        if 0 in ready:
            piece = os.read(0, 65536)
            if not piece:
                break
            typed += piece
        if writable:
            try:
                typed = typed[os.write(terminal, typed[:1024]):]
            except BlockingIOError:
                pass
    while status is not None:
        piece = printed()
        if not piece:
            break
        show(piece)
except BrokenPipeError:
    pass
if status is None:
    # Closing the terminal hangs up; what would ignore that is not waited for.
    os.close(terminal)
    os.kill(child, signal.SIGCONT)
    sys.exit(129)
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
`;
