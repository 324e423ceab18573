import { type Part, text } from "./syntax.ts";

/** Parts of a word as they come, plain text gathered between them. */
export class Parts {
  plain = "";
  private readonly parts: Part[] = [];
  private readonly quoted: boolean;

  constructor(quoted: boolean) {
    this.quoted = quoted;
  }

  push(...more: readonly Part[]): void {
    if (this.plain !== "") this.parts.push(text(this.plain, this.quoted));
    this.plain = "";
    this.parts.push(...more);
  }

  all(): Part[] {
    this.push();
    return this.parts;
  }
}
