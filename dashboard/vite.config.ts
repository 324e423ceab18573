import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss()],
  build: {
    outDir: "../dist/dashboard",
    emptyOutDir: true,
    // The server's policy forbids inline code, and every browser that runs this knows modulepreload.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: {
    // `npm run dev -w dashboard` beside a running master.
    proxy: { "/api": { target: "http://127.0.0.1:8443", changeOrigin: false } },
  },
});
