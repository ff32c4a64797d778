export { noCredentials } from "./authentication";
export type { BoxQuestion, Credentials } from "./authentication";
export { SshConnection } from "./connection";
export type { SshConnectionOptions } from "./connection";
export { fingerprintOf } from "./host-key";
export type { ConfirmHostKey, HostKeyQuestion } from "./host-key";
export { SshBox } from "./ssh-box";
export { parseTargetName, resolveTarget } from "./target";
export type { SshHost, SshTarget, TargetOptions } from "./target";
