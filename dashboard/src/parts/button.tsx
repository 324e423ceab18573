import type { ComponentProps } from "react";

const LOOKS = {
  main: "bg-accent text-on-accent border-transparent hover:opacity-90",
  plain: "bg-surface text-accent border-line-strong hover:bg-accent-soft",
  danger: "bg-surface text-bad border-bad hover:bg-bad-soft",
  dangerNow: "bg-bad text-on-bad border-transparent hover:opacity-90",
} as const;

interface ButtonProps extends ComponentProps<"button"> {
  readonly look?: keyof typeof LOOKS;
  readonly busy?: boolean;
}

export function Button({ look = "plain", busy = false, className = "", ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      aria-busy={busy}
      {...rest}
      disabled={rest.disabled === true || busy}
      className={`inline-flex min-h-8 items-center justify-center gap-2 rounded-md border px-3 py-1 text-sm font-bold whitespace-nowrap disabled:opacity-60 max-md:min-h-11 ${LOOKS[look]} ${className}`}
    />
  );
}

/** A button that is an icon; its name is read out and shown on hover. */
export function IconButton({
  label,
  className = "",
  ...rest
}: ComponentProps<"button"> & { readonly label: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={`inline-flex size-8 shrink-0 items-center justify-center rounded-md text-ink-soft hover:bg-sunken hover:text-ink max-md:size-11 ${className}`}
    />
  );
}
