import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** A running master, for `npm run dev -w dashboard`. */
const MASTER = "http://127.0.0.1:8443";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss()],
  // Its package.json names a module for browsers that is not in it.
  resolve: { alias: { "@xterm/headless": "@xterm/headless/lib-headless/xterm-headless.mjs" } },
  build: {
    outDir: "../dist/dashboard",
    emptyOutDir: true,
    // The server's policy forbids inline code, and every browser that runs this knows modulepreload.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: {
    // The master takes changes from its own pages only.
    proxy: { "/api": { target: MASTER, changeOrigin: true, headers: { origin: MASTER } } },
  },
});
