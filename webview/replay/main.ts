import { keptState, listen, send } from "./host";
import { failure, Replay } from "./replay";
import "./replay.css";

const root = document.getElementById("replay") ?? document.body;
let replay: Replay | undefined;

listen((message) => {
  if (message.type === "opened") {
    replay = new Replay(root, message);
  } else if (message.type === "failed") {
    root.replaceChildren(failure(message.message));
  } else {
    replay?.hear(message);
  }
});
send({ type: "ready", state: keptState() });
