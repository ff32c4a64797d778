import type { Evidence } from "../finding";
import type { PathRole } from "../rules";
import type { SampleAudit } from "../sample";

/** Documentation and installed libraries have references too. */
const harmless: Readonly<Record<"hidden" | "others", RegExp>> = { hidden: /(^|\/)(docs?|documentation|man|api|site-packages|dist-packages|node_modules|examples?)\/|\.(md|rst|html?|pdf)$/i, others: /(^|\/)(docs?|documentation|man|api|site-packages|dist-packages|node_modules|__pycache__|\.git|examples?)\/|\.(md|rst|html?|pdf)$/i };
const isHarmless = (path: string, role: PathRole): boolean => harmless[role === "protected" ? "hidden" : "others"].test(path);

/** Why a path counts as one of these roles: what it was copied from or links to, the first last. */
export interface Origin {
  readonly role: PathRole;
  readonly path: string;
  readonly evidence: readonly Evidence[];
}

/** Whether a path has one of these roles, or was made from one that has. */
export function originOf(sample: SampleAudit, path: string, roles: readonly PathRole[]): Origin | undefined {
  const direct = roles.includes("protected") && sample.isOfAnswers(path) ? "protected" : roles.find((role) => !isHarmless(path, role) && sample.roles.has(path, role));
  if (direct === "reference" && sample.isToWorkWith(path)) {
    return undefined;
  }
  if (direct !== undefined) {
    return { role: direct, path, evidence: [] };
  }
  const chain = sample.links.chain(path);
  for (const [index, link] of chain.entries()) {
    const role = roles.find((one) => !isHarmless(link.source, one) && sample.roles.has(link.source, one) && !(one === "reference" && sample.isToWorkWith(link.source)));
    if (role !== undefined) {
      return { role, path: link.source, evidence: chain.slice(0, index + 1).map(({ span }) => ({ label: "earlier copy or link", span })) };
    }
  }
  return undefined;
}

/** A path as a reason quotes it. */
export const shownPath = (path: string): string => `“${path.length > 120 ? `${path.slice(0, 117)}…` : path}”`;
