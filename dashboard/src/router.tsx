import {
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { queryClient, sessionQuery } from "./api/queries.ts";
import { Account } from "./pages/account.tsx";
import { Activity } from "./pages/activity.tsx";
import { ApiTokens } from "./pages/api-tokens.tsx";
import { Changes } from "./pages/changes.tsx";
import { Deckies } from "./pages/deckies.tsx";
import { DeckyPage } from "./pages/decky.tsx";
import { Enrollment } from "./pages/enrollment.tsx";
import { HostPage } from "./pages/host.tsx";
import { Hosts } from "./pages/hosts.tsx";
import { Login } from "./pages/login.tsx";
import { NotFound } from "./pages/not-found.tsx";
import { Overview } from "./pages/overview.tsx";
import { ErrorNote } from "./parts/notes.tsx";
import { textParams } from "./search.ts";
import { Shell } from "./shell/shell.tsx";

const rootRoute = createRootRoute({
  component: Outlet,
  notFoundComponent: () => (
    <main>
      <NotFound />
    </main>
  ),
});

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/login",
  validateSearch: textParams("to"),
  beforeLoad: async () => {
    const session = await queryClient.ensureQueryData(sessionQuery).catch(() => null);
    if (session !== null) throw redirect({ to: "/" });
  },
  component: Login,
});

/** Everything behind the login. */
const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "shell",
  beforeLoad: async ({ location }) => {
    const session = await queryClient.ensureQueryData(sessionQuery);
    if (session === null) throw redirect({ to: "/login", search: { to: location.href } });
  },
  component: Shell,
  notFoundComponent: NotFound,
});

const overviewRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/",
  component: Overview,
});

const hostsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/hosts",
  validateSearch: textParams("q", "state", "sort"),
  component: Hosts,
});

const hostRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/hosts/$host",
  component: HostPage,
});

const deckiesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/deckies",
  validateSearch: textParams("q", "state", "sort"),
  component: Deckies,
});

const deckyRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/deckies/$decky",
  component: DeckyPage,
});

const activityRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/activity",
  validateSearch: textParams("q", "kind", "decky", "src", "session"),
  component: Activity,
});

const enrollmentRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/enrollment",
  component: Enrollment,
});

const changesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/changes",
  validateSearch: textParams("q", "actor", "action", "target", "outcome"),
  component: Changes,
});

const accountRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/account",
  component: Account,
});

const apiTokensRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/api-tokens",
  component: ApiTokens,
});

/** Whatever else is asked for, so that the way on is at hand. */
const elsewhereRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "$",
  component: NotFound,
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    loginRoute,
    shellRoute.addChildren([
      overviewRoute,
      hostsRoute,
      hostRoute,
      deckiesRoute,
      deckyRoute,
      activityRoute,
      enrollmentRoute,
      changesRoute,
      accountRoute,
      apiTokensRoute,
      elsewhereRoute,
    ]),
  ]),
  defaultErrorComponent: ({ error, reset }) => (
    <div className="mx-auto max-w-[40rem] p-6">
      <ErrorNote
        error={error}
        onRetry={() => {
          reset();
          void router.invalidate();
        }}
      />
    </div>
  ),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
