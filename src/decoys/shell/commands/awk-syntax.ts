/** The language of awk(1) (POSIX), as far as command lines use it. */
export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "string" | "regexp"; readonly text: string }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "field"; readonly of: Expression }
  | { readonly kind: "element"; readonly name: string; readonly of: readonly Expression[] }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: "unary"; readonly operator: string; readonly of: Expression }
  | {
      readonly kind: "step";
      readonly operator: string;
      readonly after: boolean;
      readonly of: Expression;
    }
  | {
      readonly kind: "binary";
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: "assign";
      readonly operator: string;
      readonly to: Expression;
      readonly value: Expression;
    }
  | {
      readonly kind: "choice";
      readonly test: Expression;
      readonly yes: Expression;
      readonly no: Expression;
    };

export type Statement =
  | { readonly kind: "print" | "printf"; readonly args: readonly Expression[] }
  | { readonly kind: "expression"; readonly value: Expression }
  | { readonly kind: "block"; readonly body: readonly Statement[] }
  | {
      readonly kind: "if";
      readonly test: Expression;
      readonly yes: Statement;
      readonly no: Statement | null;
    }
  | {
      readonly kind: "while";
      readonly test: Expression;
      readonly body: Statement;
      readonly step: Statement | null;
    }
  | {
      readonly kind: "each";
      readonly name: string;
      readonly array: string;
      readonly body: Statement;
    }
  | { readonly kind: "next" | "exit" | "break" | "continue" };

export interface Rule {
  /** Null for every line. */
  readonly pattern: "BEGIN" | "END" | Expression | null;
  readonly body: Statement;
}
