import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { connectGathering } from "../../../src/boxes/ssh/gathering-socket";

test("what one turn writes to the socket of a box is sent together, in order, and at once after it", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connectGathering("127.0.0.1", (server.address() as AddressInfo).port);
  const [[peer]] = (await Promise.all([once(server, "connection"), once(socket, "connect")])) as [[Socket], unknown];
  let received = "";
  peer.on("data", (bytes: Buffer) => (received += bytes.toString("latin1")));
  for (const piece of ["a", "b", "c"]) {
    socket.write(piece);
    expect(socket.writableCorked).toBe(1);
  }
  await new Promise((resolve) => process.nextTick(resolve));
  expect(socket.writableCorked).toBe(0);
  socket.end("d");
  await once(peer, "end");
  expect(received).toBe("abcd");
  server.close();
});
