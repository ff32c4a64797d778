/** What the rules of an audit are chosen with, loaded when one begins: the expressions in them take a while. */
export const loadRuleChoice = async () => {
  const [{ chooseRules, maxFirstEvents, maxToldBytes, toldFirst }, { rulesByTask }] = await Promise.all([import("./known-tasks"), import("./rules-by-task")]);
  return { chooseRules, maxFirstEvents, maxToldBytes, rulesByTask, toldFirst };
};
