import { Search } from "lucide-react";
import { type ComponentProps, type ReactNode, useId } from "react";

export const INPUT =
  "h-8 w-full rounded-md border border-line-strong bg-surface px-2 text-base text-ink placeholder:text-ink-soft max-md:h-11";

interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly children: (ids: { id: string; "aria-describedby": string | undefined }) => ReactNode;
}

/** Label above, hint below, tied to the control. */
export function Field({ label, hint, children }: FieldProps) {
  const id = useId();
  const hintId = `${id}-hint`;
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="text-sm font-bold">
        {label}
      </label>
      {children({ id, "aria-describedby": hint === undefined ? undefined : hintId })}
      {hint === undefined ? null : (
        <p id={hintId} className="text-xs text-ink-soft">
          {hint}
        </p>
      )}
    </div>
  );
}

/** The page's filter: `/` goes there. */
export function Filter({
  label,
  onValue,
  className = "",
  ...rest
}: Omit<ComponentProps<"input">, "onChange"> & {
  readonly label: string;
  readonly onValue: (value: string) => void;
}) {
  return (
    <div className={`relative ${className}`}>
      <Search
        aria-hidden="true"
        size={16}
        className="pointer-events-none absolute inset-y-0 left-2 my-auto text-ink-soft"
      />
      <input
        type="search"
        aria-label={label}
        aria-keyshortcuts="/"
        placeholder={label}
        data-filter=""
        autoComplete="off"
        spellCheck={false}
        {...rest}
        onChange={(change) => onValue(change.target.value)}
        onKeyDown={(press) => {
          if (press.key === "Escape") press.currentTarget.blur();
        }}
        className={`${INPUT} peer pl-8`}
      />
      <kbd
        aria-hidden="true"
        className="pointer-events-none absolute inset-y-0 right-2 my-auto h-5 rounded-sm border border-line px-1.5 font-mono text-xs leading-4.5 text-ink-soft peer-focus:hidden peer-[:not(:placeholder-shown)]:hidden max-md:hidden"
      >
        /
      </kbd>
    </div>
  );
}
