import type { Value } from "./value";

/** Something that Python code does, with where it stands in the code (UTF-16 units). */
export type PythonFact = { readonly from: number; readonly to: number; /** The function of the code that it stands in. */ readonly within: string | undefined } & (
  | {
      readonly kind: "call";
      /** The full name where it is known. */
      readonly name: string | undefined;
      /** The last part of what is called. */
      readonly method: string;
      readonly receiver: Value | undefined;
      readonly values: readonly Value[];
      readonly keywords: ReadonlyMap<string, Value>;
      readonly loops: number;
    }
  /** A name of another module gets a new value. */
  | { readonly kind: "assign"; readonly name: string; readonly value: Value | undefined; readonly how: "assignment" | "item" | "setattr" | "patch"; /** As it is written, where its module is not known. */ readonly written?: string }
  | { readonly kind: "attribute"; readonly attribute: string; readonly name: string | undefined }
  | { readonly kind: "key"; readonly key: string; readonly object: string; readonly isChange: boolean; /** Paths that the object was loaded from. */ readonly origins?: readonly string[]; /** What it is set to. */ readonly value?: Value | undefined }
  | { readonly kind: "operator"; readonly operator: string; readonly isConstant: boolean }
  | { readonly kind: "statement"; readonly statement: "if" | "while" | "for" }
  | { readonly kind: "import"; readonly name: string }
  | { readonly kind: "class"; readonly name: string; readonly bases: readonly string[]; readonly methods: readonly PythonMethod[] }
  /** A function of the code, with what stands above it; its text is cut off at some length. */
  | { readonly kind: "function"; readonly name: string; readonly text: string; readonly decorators: readonly string[]; readonly parameters: readonly string[] }
  | { readonly kind: "load"; readonly path: string; readonly isText: boolean }
  | { readonly kind: "save"; readonly path: string; readonly value: Value }
  | { readonly kind: "copy"; readonly source: string; readonly target: string; readonly isLink: boolean; /** Into an archive, which is handed in only when it is unpacked. */ readonly isPacked?: boolean }
  | { readonly kind: "change"; readonly path: string; readonly how: string }
  | { readonly kind: "shell"; readonly script: string }
  | { readonly kind: "python"; readonly code: string }
  | { readonly kind: "print"; readonly label: string; readonly value: Value; readonly loops: number; readonly decays: boolean }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "environment"; readonly name: string; readonly value: string }
);

export type PythonFactOf<Kind extends PythonFact["kind"]> = Extract<PythonFact, { kind: Kind }>;

export interface PythonMethod {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Whether it only gives back True, or something that is true, whatever it is asked. */
  readonly isAlwaysTrue: boolean;
  readonly text: string;
}

/** All that is known of a piece of Python. */
export interface PythonFacts {
  readonly facts: readonly PythonFact[];
  /** What functions of the solver's own modules do that this code uses; at the places where it names them. */
  readonly included: readonly PythonFact[];
  /** Functions of the code, and which functions of the code each of them uses. */
  readonly uses: ReadonlyMap<string, ReadonlySet<string>>;
  /** Whether anything learns: a backward pass, a step of an optimizer, a trainer. */
  readonly learns: boolean;
  /** Whether all of it could be parsed. */
  readonly isWhole: boolean;
  /** UTF-16 units at its end that were not looked at: it is too long, nested too deeply, or no Python. */
  readonly unread: number;
}
