import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { ApiFailure } from "../api/client.ts";
import { Button } from "./button.tsx";

interface ErrorNoteProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
}

/** A refusal, plainly: what was wrong, its code, what to do. */
export function ErrorNote({ error, onRetry }: ErrorNoteProps) {
  const failure =
    error instanceof ApiFailure
      ? error
      : new ApiFailure(0, {
          code: "page-error",
          message: error instanceof Error ? error.message : String(error),
          remedy: "This is a bug of the page. Reload it; if it comes back, please report it.",
        });
  return (
    <div
      role="alert"
      className="flex flex-col items-start gap-2 rounded-md border border-bad bg-bad-soft p-4 text-base"
    >
      <p className="flex items-start gap-2 font-bold text-bad">
        <TriangleAlert aria-hidden="true" size={16} className="mt-1 shrink-0" />
        <span>{sentence(failure.message)}</span>
      </p>
      <p>{failure.remedy}</p>
      {failure.fields.length === 0 ? null : (
        <ul className="list-disc pl-5">
          {failure.fields.map(({ field, fault }) => (
            <li key={`${field} ${fault}`}>
              <code className="font-mono text-sm">{field}</code> {fault}
            </li>
          ))}
        </ul>
      )}
      <p className="font-mono text-xs">
        {failure.code}
        {failure.requestId === null ? "" : ` · request ${failure.requestId}`}
      </p>
      {onRetry === undefined ? null : <Button onClick={onRetry}>Try again</Button>}
    </div>
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

interface EmptyProps {
  readonly title: string;
  readonly children?: ReactNode;
}

/** Nothing here, and what would change that. */
export function Empty({ title, children }: EmptyProps) {
  return (
    <div className="flex flex-col items-start gap-2 p-4">
      <p className="text-lg font-bold">{title}</p>
      {children === undefined ? null : (
        <div className="flex w-full max-w-[68ch] flex-col items-start gap-2 text-ink-soft">
          {children}
        </div>
      )}
    </div>
  );
}

/** Holds the place of what is being read, so that nothing jumps when it comes. */
export function Waiting({ what }: { readonly what: string }) {
  return (
    <p role="status" className="p-4 text-ink-soft">
      Reading {what} …
    </p>
  );
}
