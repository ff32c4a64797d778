import type { SampleAudit } from "../sample";
import { AnsweredCases } from "./answered-cases";
import { AnswersTried } from "./answers-tried";
import { CopiedFiles } from "./copied-files";
import { CopiedLiterals } from "./copied-literals";
import { CopiedText } from "./copied-text";
import type { Detector } from "./detector";
import { EvaluationData } from "./evaluation-data";
import { ExceededLimits } from "./exceeded-limits";
import { ForbiddenAccess } from "./forbidden-access";
import { ForbiddenOperations } from "./forbidden-operations";
import { MadeBefore } from "./made-before";
import { ScoreAnomalies } from "./score-anomalies";
import { ShortenedTraining } from "./shortened-training";
import { SimulatedTraining } from "./simulated-training";
import { SparedTraining } from "./spared-training";
import { Tampering } from "./tampering";

export type { Detector } from "./detector";

/** The detectors that look at one sample. Simulated training comes before copied files, which leave to it what it explains. */
export function detectorsFor(sample: SampleAudit): readonly Detector[] {
  return [new SimulatedTraining(sample), new MadeBefore(sample), new SparedTraining(sample), new ShortenedTraining(sample), new CopiedFiles(sample), new CopiedText(sample), new CopiedLiterals(sample), new AnsweredCases(sample), new Tampering(sample), new ForbiddenOperations(sample), new ForbiddenAccess(sample), new ScoreAnomalies(sample), new AnswersTried(sample), new EvaluationData(sample), new ExceededLimits(sample)];
}
