import { Field, INPUT } from "./field.tsx";

/** How long a token may live, in milliseconds, and in words. */
export interface Life {
  readonly ms: number;
  readonly title: string;
}

interface LifeFieldProps {
  readonly lives: readonly Life[];
  readonly preset: Life;
  /** Why it should not be longer. */
  readonly hint: string;
}

/** The life of a token that is made: `ttlMs` of its form. */
export function LifeField({ lives, preset, hint }: LifeFieldProps) {
  return (
    <Field label="Valid for" hint={hint}>
      {(ids) => (
        <select {...ids} name="ttlMs" defaultValue={preset.ms} className={INPUT}>
          {lives.map(({ ms, title }) => (
            <option key={ms} value={ms}>
              {title}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
