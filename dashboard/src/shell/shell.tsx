import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { LogOut, Search, UserRound } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { queryClient, sessionQuery } from "../api/queries.ts";
import { startLive } from "../live/live.ts";
import { IconButton } from "../parts/button.tsx";
import { useShortcuts } from "./keys.ts";
import { useLogOut } from "./log-out.ts";
import { useIsWide } from "./media.ts";
import { PAGES } from "./pages.ts";
import { Palette } from "./palette.tsx";
import { StreamBanner, StreamState } from "./stream-state.tsx";
import { ThemeToggle } from "./theme.tsx";

/** What stands around every page, and keeps it live. */
export function Shell() {
  const navigate = useNavigate();
  const location = useLocation();
  const [paletteOpen, setPaletteOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const path = useRef(location.pathname);
  const isWide = useIsWide();
  useShortcuts(() => setPaletteOpen(true));

  useEffect(
    () =>
      startLive(() => {
        queryClient.setQueryData(sessionQuery.queryKey, null);
        void navigate({
          to: "/login",
          search: { to: `${window.location.pathname}${window.location.search}` },
        });
      }),
    [navigate],
  );

  // A new page is read out from its heading, and starts at its top.
  useEffect(() => {
    if (path.current === location.pathname) return;
    path.current = location.pathname;
    main.current?.scrollTo(0, 0);
    main.current?.querySelector("h1")?.focus({ preventScroll: true });
  }, [location.pathname]);

  return (
    <div className="flex h-full flex-col md:flex-row">
      <a
        href="#main"
        className="absolute left-2 z-30 -translate-y-20 rounded-md bg-accent px-4 py-2 font-bold text-on-accent focus:translate-y-2"
      >
        Skip to the page
      </a>
      {isWide ? (
        <SideBar onPalette={() => setPaletteOpen(true)} />
      ) : (
        <TopBar onPalette={() => setPaletteOpen(true)} />
      )}
      <div className="flex min-h-0 min-w-0 grow flex-col">
        <StreamBanner />
        <main id="main" ref={main} tabIndex={-1} className="min-h-0 grow overflow-auto">
          <Outlet />
        </main>
      </div>
      {isWide ? null : <TabBar />}
      {paletteOpen ? <Palette onClose={() => setPaletteOpen(false)} /> : null}
    </div>
  );
}

function Brand() {
  return (
    <span className="flex items-center gap-2 text-lg font-bold tracking-wide">
      <img src="/favicon.svg" alt="" width={24} height={24} />
      DECNET
    </span>
  );
}

interface BarProps {
  readonly onPalette: () => void;
}

function SideBar({ onPalette }: BarProps) {
  return (
    <header className="flex w-56 shrink-0 flex-col gap-6 border-r border-line bg-surface p-4">
      <Brand />
      <button
        type="button"
        onClick={onPalette}
        aria-keyshortcuts="Control+K"
        className="flex h-8 items-center gap-2 rounded-md border border-line-strong px-2 text-sm text-ink-soft hover:text-ink"
      >
        <Search aria-hidden="true" size={14} />
        <span className="grow text-left">Go to …</span>
        <kbd className="font-mono text-xs">Ctrl K</kbd>
      </button>
      <nav aria-label="Pages" className="flex flex-col gap-1">
        {PAGES.map(({ to, title, Icon }) => (
          <Link
            key={to}
            to={to}
            activeOptions={{ exact: to === "/", includeSearch: false }}
            className="flex h-9 items-center gap-3 rounded-md px-2 text-ink-soft hover:bg-sunken hover:text-ink"
            activeProps={{ className: "bg-accent-soft font-bold !text-ink" }}
          >
            <Icon aria-hidden="true" size={16} />
            {title}
          </Link>
        ))}
      </nav>
      <div className="mt-auto flex flex-col gap-2 border-t border-line pt-4">
        <StreamState />
        <UserLine />
      </div>
    </header>
  );
}

function UserLine() {
  const session = useQuery(sessionQuery).data;
  return (
    <div className="flex items-center gap-1">
      <Link
        to="/account"
        className="link min-w-0 grow truncate text-sm"
        title={`Account of ${session?.user ?? ""}, ${session?.role ?? ""}`}
      >
        {session?.user}
      </Link>
      <ThemeToggle />
      <LogOutButton />
    </div>
  );
}

function LogOutButton() {
  return (
    <IconButton label="Log out" onClick={useLogOut()}>
      <LogOut aria-hidden="true" size={18} />
    </IconButton>
  );
}

function TopBar({ onPalette }: BarProps) {
  return (
    <header className="flex items-center gap-1 border-b border-line bg-surface py-1 pr-1 pl-4">
      <span className="grow">
        <Brand />
      </span>
      <span className="px-2">
        <StreamState />
      </span>
      <IconButton label="Go to …" onClick={onPalette}>
        <Search aria-hidden="true" size={18} />
      </IconButton>
      <Link
        to="/account"
        aria-label="Account"
        title="Account"
        className="inline-flex size-11 shrink-0 items-center justify-center rounded-md text-ink-soft"
        activeProps={{ className: "!text-ink" }}
      >
        <UserRound aria-hidden="true" size={18} />
      </Link>
      <ThemeToggle />
      <LogOutButton />
    </header>
  );
}

function TabBar() {
  return (
    <nav aria-label="Pages" className="grid grid-cols-6 border-t border-line bg-surface">
      {PAGES.map(({ to, short, Icon }) => (
        <Link
          key={to}
          to={to}
          activeOptions={{ exact: to === "/", includeSearch: false }}
          className="flex h-14 flex-col items-center justify-center gap-1 border-t-2 border-transparent text-xs text-ink-soft"
          activeProps={{ className: "!border-accent bg-accent-soft !text-ink" }}
        >
          <Icon aria-hidden="true" size={18} />
          {short}
        </Link>
      ))}
    </nav>
  );
}
