import { X } from "lucide-react";

interface ChipProps {
  readonly name: string;
  readonly value: string | undefined;
  readonly onDrop: () => void;
}

/** A filter that is on, and how to drop it; nothing while it is off. */
export function Chip({ name, value, onDrop }: ChipProps) {
  if (value === undefined) return null;
  return (
    <button
      type="button"
      onClick={onDrop}
      aria-label={`Drop the filter ${name} ${value}`}
      className="inline-flex min-h-8 max-w-full items-center gap-2 rounded-full border border-accent bg-accent-soft px-3 text-sm max-md:min-h-11"
    >
      <span className="truncate">
        {name} <span className="font-mono">{value}</span>
      </span>
      <X aria-hidden="true" size={14} className="shrink-0" />
    </button>
  );
}
