import { createHash } from "node:crypto";
import { BoxError } from "../box";
import { keyType, type KnownHost, knownHostName, knownKeyTypes, matchKnownHosts } from "./known-hosts";

/** A host whose key nothing vouches for yet: a person decides. */
export interface HostKeyQuestion {
  readonly host: string;
  readonly port: number;
  /** `SHA256:` and unpadded base64, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
  readonly type: string;
  /** Types of other keys by which the host is known. It should have shown one of those: a reason to be wary. */
  readonly otherKnownTypes: readonly string[];
}

/** Asks a person whether the key is the host's. */
export type ConfirmHostKey = (question: HostKeyQuestion) => Promise<boolean>;

export type HostKeyDecision =
  | { readonly kind: "trusted" }
  | { readonly kind: "refused"; readonly error: BoxError }
  | { readonly kind: "ask"; readonly question: HostKeyQuestion };

/** The SHA-256 fingerprint of a public key, as OpenSSH prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** What is known of a host before it is called. */
export interface HostKeyExpectation {
  readonly host: string;
  readonly port: number;
  /** The name to look up in known_hosts instead of the host's own (`HostKeyAlias`). */
  readonly alias?: string | undefined;
  /** Fingerprints that the assignment or a command line gives, one for each key of the host: nothing else is accepted. */
  readonly pinned?: readonly string[] | undefined;
  readonly knownHosts: readonly KnownHost[];
}

/** The name under which the host is kept in known_hosts. */
export function nameOf({ host, port, alias }: Pick<HostKeyExpectation, "host" | "port" | "alias">): string {
  return alias ?? knownHostName(host, port);
}

/** Decides on a host's key: revoked keys first, then the fingerprint that was given, then known_hosts, else a person. */
export function decideHostKey(expected: HostKeyExpectation, key: Buffer): HostKeyDecision {
  const fingerprint = fingerprintOf(key);
  const outcome = matchKnownHosts(expected.knownHosts, nameOf(expected), key);
  const refuse = (reason: "host-key-changed" | "host-key-revoked", message: string): HostKeyDecision => ({
    kind: "refused",
    error: new BoxError(reason, message),
  });
  if (outcome.kind === "revoked") {
    return refuse("host-key-revoked", `The key of ${expected.host} (${fingerprint}) is revoked in known_hosts; nothing was sent to it: ask who runs the box for its new key.`);
  }
  if (expected.pinned !== undefined) {
    return expected.pinned.includes(fingerprint)
      ? { kind: "trusted" }
      : refuse("host-key-changed", `${expected.host} shows the key ${fingerprint}, and ${expected.pinned.join(" or ")} was given for it; nothing was sent to it: ask who gave you that which is right.`);
  }
  switch (outcome.kind) {
    case "match":
      return { kind: "trusted" };
    case "mismatch":
      return refuse("host-key-changed", `The key of ${expected.host} has changed (now ${fingerprint}) and may be another machine's; nothing was sent to it: ask who runs the box, then remove the old key with ssh-keygen -R '${nameOf(expected)}'.`);
    case "other-key-type":
    case "unknown":
      return {
        kind: "ask",
        question: {
          host: expected.host,
          port: expected.port,
          fingerprint,
          type: keyType(key) ?? "unknown",
          otherKnownTypes: outcome.kind === "other-key-type" ? outcome.types : [],
        },
      };
  }
}

/**
 * The host key algorithms to ask for, as a change of ssh2's own list: those of keys that
 * are known come first, so that a host with several keys shows one that can be recognised.
 */
export function hostKeyPreference(expected: HostKeyExpectation): { remove: RegExp[]; prepend: RegExp[] } | undefined {
  const types = knownKeyTypes(expected.knownHosts, nameOf(expected));
  const algorithms = types.flatMap((type) => (type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type]));
  if (algorithms.length === 0) {
    return undefined;
  }
  // Patterns, because ssh2 takes those that this runtime's crypto lacks in silence; names it would refuse.
  const patterns = algorithms.map((name) => new RegExp(`^${name.replace(/[^a-z0-9-]/gi, "\\$&")}$`));
  return { remove: patterns, prepend: patterns };
}
