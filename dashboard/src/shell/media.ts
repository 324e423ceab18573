import { useSyncExternalStore } from "react";

/** Whether the window matches a media query, as it changes. */
function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = window.matchMedia(query);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    () => window.matchMedia(query).matches,
  );
}

export const useIsWide = () => useMedia("(min-width: 48rem)");
