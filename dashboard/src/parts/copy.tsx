import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "./button.tsx";

interface CopyBlockProps {
  readonly text: string;
  /** What it is, for the button's name: `command`, `token`. */
  readonly what: string;
}

/** Text to be copied whole, with the button that does it. */
export function CopyBlock({ text, what }: CopyBlockProps) {
  const [outcome, setOutcome] = useState<"copied" | "failed" | null>(null);

  useEffect(() => {
    if (outcome === null) return undefined;
    const timer = setTimeout(() => setOutcome(null), 3000);
    return () => clearTimeout(timer);
  }, [outcome]);

  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => setOutcome("copied"),
      () => setOutcome("failed"),
    );
  };

  return (
    <div className="flex w-full min-w-0 gap-2 max-md:flex-col md:items-start rounded-md border border-line bg-sunken p-2 pl-4">
      <code className="min-w-0 grow py-1 font-mono text-sm break-all whitespace-pre-wrap text-ink select-all">
        {text}
      </code>
      <Button onClick={copy} aria-label={`Copy ${what}`} className="min-w-24">
        {outcome === "copied" ? (
          <Check aria-hidden="true" size={16} />
        ) : (
          <Copy aria-hidden="true" size={16} />
        )}
        <span role="status">
          {outcome === "copied" ? "Copied" : outcome === "failed" ? "Select it" : "Copy"}
        </span>
      </Button>
    </div>
  );
}
