/** One field of a body that is not as it should be. */
export interface FieldFault {
  /** JSON pointer (RFC 6901); empty for the whole. */
  readonly field: string;
  readonly fault: string;
}
