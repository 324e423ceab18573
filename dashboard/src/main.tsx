import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { setOnSessionEnd } from "./api/client.ts";
import { queryClient, sessionQuery } from "./api/queries.ts";
import { router } from "./router.tsx";
import "./styles.css";

setOnSessionEnd(() => {
  queryClient.setQueryData(sessionQuery.queryKey, null);
  const { href, pathname } = router.state.location;
  if (pathname === "/login") return;
  void router.navigate({ to: "/login", search: { to: href } });
});

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
