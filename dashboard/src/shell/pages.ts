import { Activity, Box, History, LayoutDashboard, Plus, Server } from "lucide-react";

export const PAGES = [
  { to: "/", title: "Overview", short: "Overview", Icon: LayoutDashboard },
  { to: "/hosts", title: "Hosts", short: "Hosts", Icon: Server },
  { to: "/deckies", title: "Deckies", short: "Deckies", Icon: Box },
  { to: "/activity", title: "Activity", short: "Activity", Icon: Activity },
  { to: "/enrollment", title: "Enrollment", short: "Enroll", Icon: Plus },
  { to: "/changes", title: "Changes", short: "Changes", Icon: History },
] as const;
