import { useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";
import { logOut } from "../api/actions.ts";
import { queryClient } from "../api/queries.ts";

/** Ends the session and forgets all that the page held, whatever the master says to it. */
export function useLogOut(): () => void {
  const navigate = useNavigate();
  return useCallback(() => {
    void logOut()
      .catch(() => queryClient.clear())
      .then(() => navigate({ to: "/login" }));
  }, [navigate]);
}
