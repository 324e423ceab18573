import { useEffect } from "react";

/** Ctrl-K (or Command-K) opens the palette, `/` goes to the page's filter. */
export function useShortcuts(openPalette: () => void): void {
  useEffect(() => {
    const onKey = (press: KeyboardEvent) => {
      if ((press.ctrlKey || press.metaKey) && press.key.toLowerCase() === "k") {
        press.preventDefault();
        openPalette();
        return;
      }
      if (press.key !== "/" || press.ctrlKey || press.metaKey || press.altKey) return;
      if (isTyping(press.target)) return;
      const filter = document.querySelector<HTMLInputElement>("[data-filter]");
      if (filter === null) return;
      press.preventDefault();
      filter.focus();
      filter.select();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [openPalette]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select") !== null;
}
