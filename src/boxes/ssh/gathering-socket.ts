import { connect, type Socket } from "node:net";

/**
 * Connects to a port with a socket that sends all that is written to it in one turn together: ssh2 writes each packet
 * in three pieces, and each would be a system call and a segment of its own. Nothing is held back for longer than that
 * turn (`noDelay`): requests are small and waited for, and each would take 40 ms longer.
 */
export function connectGathering(host: string, port: number): Socket {
  const socket = connect({ host, port, noDelay: true });
  const write = socket.write.bind(socket) as (...all: unknown[]) => boolean;
  let isGathering = false;
  // On the socket itself: `connect` puts back what a class of its own would have in its place.
  socket.write = (...all: unknown[]): boolean => {
    if (!isGathering) {
      isGathering = true;
      socket.cork();
      process.nextTick(() => {
        isGathering = false;
        socket.uncork();
      });
    }
    return write(...all);
  };
  return socket;
}
