import { type ReactNode, useEffect } from "react";

interface PageProps {
  readonly title: string;
  /** What stands in the tab, if it is to say more. */
  readonly tab?: string;
  readonly aside?: ReactNode;
  /** True for a page whose one table fills the window and scrolls by itself. */
  readonly fills?: boolean;
  readonly children: ReactNode;
}

export function Page({ title, tab = title, aside, fills = false, children }: PageProps) {
  useEffect(() => {
    document.title = `${tab} · DECNET`;
  }, [tab]);
  return (
    <div
      className={`mx-auto flex w-full max-w-[1440px] flex-col gap-4 p-4 md:p-6 ${fills ? "h-full" : ""}`}
    >
      <header className="flex min-h-8 flex-wrap items-center gap-x-4 gap-y-2">
        <h1 tabIndex={-1} className="text-xl font-bold break-all">
          {title}
        </h1>
        {aside}
      </header>
      {children}
    </div>
  );
}

interface PanelProps {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

export function Panel({ title, aside, className = "", children }: PanelProps) {
  return (
    <section
      aria-label={title}
      className={`min-w-0 rounded-lg border border-line bg-surface ${className}`}
    >
      <div className="flex min-h-10 items-center justify-between gap-4 border-b border-line px-4 py-1">
        <h2 className="text-base font-bold">{title}</h2>
        {aside === undefined ? null : <div className="text-sm text-ink-soft">{aside}</div>}
      </div>
      {children}
    </section>
  );
}

/** Name and value, aligned. */
export function Facts({ children }: { readonly children: ReactNode }) {
  return (
    <dl className="grid grid-cols-[5.5rem_minmax(0,1fr)] gap-x-4 md:grid-cols-[7rem_minmax(0,1fr)] md:gap-x-6 gap-y-1 p-4">
      {children}
    </dl>
  );
}

export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-soft">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}
