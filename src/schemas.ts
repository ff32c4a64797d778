import * as z from "zod";
import { rulesSchema } from "./audit";
import { studySchema } from "./analysis";
import { assignmentSchema } from "./sessions";
import { taskSchema } from "./tasks";

/** The JSON Schemas the build writes to dist/schemas, by file name. */
export const schemas: Record<string, object> = {
  task: { ...z.toJSONSchema(taskSchema(), { io: "input", unrepresentable: "any" }), title: "Baseliner task" },
  assignment: { ...z.toJSONSchema(assignmentSchema(), { io: "input", unrepresentable: "any" }), title: "Baseliner assignment" },
  rules: { ...z.toJSONSchema(rulesSchema, { io: "input", unrepresentable: "any" }), title: "Baseliner rules of an audit" },
  study: { ...z.toJSONSchema(studySchema, { io: "input", unrepresentable: "any" }), title: "Baseliner study" },
};
