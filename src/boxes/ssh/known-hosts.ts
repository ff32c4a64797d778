/** The known_hosts files of OpenSSH (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
import { createHmac } from "node:crypto";
import { chmod, mkdir, open, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { systemErrorCode } from "../../base";

/** One line that names hosts and a key. */
export interface KnownHost {
  readonly marker: "revoked" | "cert-authority" | undefined;
  /** Comma-separated patterns, or one hashed name. */
  readonly hosts: string;
  /** Such as `ssh-ed25519`. */
  readonly type: string;
  /** The public key in the encoding of the wire. */
  readonly key: Buffer;
}

/** What known_hosts says of a key that a host shows. */
export type KnownHostOutcome =
  | { readonly kind: "match" }
  /** The host is known by another key of this type. */
  | { readonly kind: "mismatch" }
  /** The host is known by keys of other types only. */
  | { readonly kind: "other-key-type"; readonly types: readonly string[] }
  | { readonly kind: "revoked" }
  | { readonly kind: "unknown"; /** Whether a certificate authority is named for the host, which is not supported. */ readonly hasAuthority: boolean };

/** The lines that can be understood; others are passed over, as ssh does. */
export function parseKnownHosts(text: string): KnownHost[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("#")).flatMap((line) => parseLine(line) ?? []);
}

function parseLine(line: string): KnownHost | undefined {
  const fields = line.split(/[ \t]+/);
  const mark = line.startsWith("@") ? fields.shift() : undefined;
  const [hosts, type, encoded] = fields;
  if (hosts === undefined || type === undefined || encoded === undefined || (mark !== undefined && mark !== "@revoked" && mark !== "@cert-authority")) {
    return undefined;
  }
  const key = Buffer.from(encoded, "base64");
  const marker = mark === "@revoked" ? "revoked" : mark === "@cert-authority" ? "cert-authority" : undefined;
  // A key says its own type again; a line that was cut off or mixed up does not.
  return keyType(key) === type ? { marker, hosts, type, key } : undefined;
}

/** The type that a public key in the encoding of the wire has; undefined where it is none. */
export function keyType(key: Buffer): string | undefined {
  if (key.length < 4) {
    return undefined;
  }
  const length = key.readUInt32BE(0);
  return length > 0 && length <= 64 && key.length > 4 + length ? key.toString("latin1", 4, 4 + length) : undefined;
}

/** The name under which a host is looked up: the port belongs to it where it is not 22. */
export function knownHostName(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

/** Whether the host field of a line names this host. */
export function namesHost(hosts: string, name: string): boolean {
  if (hosts.startsWith("|1|")) {
    const [, , salt = "", hash = ""] = hosts.split("|");
    return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
  }
  let named = false;
  for (const pattern of hosts.split(",")) {
    const negated = pattern.startsWith("!");
    if (matchesPattern(negated ? pattern.slice(1) : pattern, name)) {
      if (negated) {
        return false;
      }
      named = true;
    }
  }
  return named;
}

/** `*` and `?` as in ssh_config(5); everything else stands for itself, case aside. */
function matchesPattern(pattern: string, name: string): boolean {
  // Consecutive stars say no more than one, and cost exponentially more.
  const source = pattern
    .replace(/\*+/g, "*")
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "is").test(name);
}

/** What the lines say of a key that the host of this name shows. */
export function matchKnownHosts(lines: readonly KnownHost[], name: string, key: Buffer): KnownHostOutcome {
  const ofHost = lines.filter(({ hosts }) => namesHost(hosts, name));
  if (ofHost.some((line) => line.marker === "revoked" && line.key.equals(key))) {
    return { kind: "revoked" };
  }
  const trusted = ofHost.filter(({ marker }) => marker === undefined);
  if (trusted.some((line) => line.key.equals(key))) {
    return { kind: "match" };
  }
  if (trusted.some(({ type }) => type === keyType(key))) {
    return { kind: "mismatch" };
  }
  const types = [...new Set(trusted.map(({ type }) => type))];
  return types.length > 0
    ? { kind: "other-key-type", types }
    : { kind: "unknown", hasAuthority: ofHost.some(({ marker }) => marker === "cert-authority") };
}

/** Types of the keys by which a host is known, in the order of the lines. */
export function knownKeyTypes(lines: readonly KnownHost[], name: string): string[] {
  return [...new Set(lines.filter(({ marker, hosts }) => marker === undefined && namesHost(hosts, name)).map(({ type }) => type))];
}

/** The lines of several files. One that does not exist has none. */
export async function readKnownHosts(files: readonly string[]): Promise<KnownHost[]> {
  const texts = await Promise.all(
    files.map((file) =>
      readFile(file, "utf8").catch((error: unknown) => {
        if (systemErrorCode(error) === "ENOENT" || systemErrorCode(error) === "ENOTDIR") {
          return "";
        }
        throw error;
      }),
    ),
  );
  return texts.flatMap(parseKnownHosts);
}

/**
 * Adds a host's key to a file, which is made where it is missing. It is one append:
 * what ssh or another window adds at the same moment is kept.
 */
export async function trustHostKey(file: string, name: string, key: Buffer): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, "a+", 0o600);
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(1);
    const endsInLine = size === 0 || ((await handle.read(last, 0, 1, size - 1)).bytesRead === 1 && last[0] !== 0x0a);
    await handle.appendFile(`${size > 0 && endsInLine ? "\n" : ""}${name} ${keyType(key) ?? ""} ${key.toString("base64")}\n`);
    if (size === 0 && process.platform !== "win32") {
      await chmod(file, 0o600);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}
