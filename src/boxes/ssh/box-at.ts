import { SshConnection, type SshConnectionOptions } from "./connection";
import { SshBox, type SshBoxOptions } from "./ssh-box";
import { resolveTarget, type TargetOptions } from "./target";

/**
 * The box that a person or an assignment names; not connected yet.
 * @param text `user@host:port`, or a host of the ssh configuration
 * @throws {BoxError} `target-invalid`
 */
export async function boxAt(text: string, options: TargetOptions & SshConnectionOptions & SshBoxOptions = {}): Promise<SshBox> {
  return new SshBox(new SshConnection(await resolveTarget(text, options), options), options);
}
