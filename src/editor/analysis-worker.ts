import { open } from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import { analyse, type Analysis, analysisCsv, analysisJson, analysisSvg, attemptAt, loadStudy, pngOf, studyAt } from "../analysis";
import { messageOf } from "../base";
import type { AnalysisExport } from "../protocol";
import type { AnalysisAnswer, AnalysisQuestion, AnalysisThreadMessage, AnalysisThreadStart } from "./analysis-thread";
import { analysisCharts, analysisRuns, analysisView } from "./analysis-view";

/** Progress is told so often at most, in ms. */
const tellEvery = 100;

const { path, cache, resampler, pictures } = workerData as AnalysisThreadStart;
const send = (message: AnalysisThreadMessage): void => parentPort?.postMessage(message);

/** Reads a study, computes its figures and answers what is asked of them, until the thread is ended. */
async function serve(): Promise<void> {
  let analysis: Analysis;
  try {
    analysis = await analysed();
  } catch (error) {
    send({ type: "failed", text: messageOf(error) });
    return;
  }
  parentPort?.on("message", ({ number, question }: { number: number; question: AnalysisQuestion }) => {
    answer(analysis, question).then(
      (given) => send({ type: "answer", number, answer: given }),
      (error: unknown) => send({ type: "refused", number, text: messageOf(error) }),
    );
  });
  send({ type: "ready" });
}

async function analysed(): Promise<Analysis> {
  const { file, paths } = await studyAt(path);
  let told = 0;
  const tell = (message: AnalysisThreadMessage): void => {
    if (performance.now() - told > tellEvery) {
      told = performance.now();
      send(message);
    }
  };
  const study = await loadStudy(file, paths, { cache, progress: (source, number, of, runs) => tell({ type: "reading", path: source, number, of, runs }) });
  return await analyse(study, { worker: resampler, progress: (done, of) => tell({ type: "resampling", done, of }) });
}

async function answer(analysis: Analysis, question: AnalysisQuestion): Promise<AnalysisAnswer> {
  switch (question.ask) {
    case "view":
      return analysisView(analysis, path);
    case "charts":
      return analysisCharts(analysis, analysis.tasks.some(({ name }) => name === question.task) ? question.task : "");
    case "runs":
      return analysisRuns(analysis, question.task, question.query, question.from);
    case "place": {
      const run = analysis.runs[question.run];
      return run === undefined ? undefined : { ...run.source, attempt: question.step === undefined ? run.attempt : attemptAt(run.log, run.atMs[question.step]) };
    }
    case "export":
      await write(analysis, question.format, question.to);
      return undefined;
  }
}

async function write(analysis: Analysis, format: AnalysisExport, to: string): Promise<void> {
  const file = await open(to, "w");
  try {
    if (format === "png") {
      await file.writeFile(await pngOf(analysisSvg(analysis), pictures));
      return;
    }
    const parts = { csv: () => [analysisCsv(analysis)], json: () => analysisJson(analysis), svg: () => [analysisSvg(analysis)] }[format]();
    for (const part of parts) {
      await file.writeFile(part);
    }
  } finally {
    await file.close();
  }
}

void serve();
