import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** The server's address for `npm run dev`. */
const backend = process.env["JAC_BACKEND"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  css: { preprocessorOptions: { scss: { quietDeps: true, silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"] } } },
  // Nothing becomes a data: URL, because the Content-Security-Policy allows none.
  build: { outDir: "dist", chunkSizeWarningLimit: 700, assetsInlineLimit: 0 },
  server: {
    proxy: {
      "/api": { target: backend },
      "/socket.io": { target: backend, ws: true },
    },
  },
  test: {
    projects: [
      { extends: true, test: { name: "pure", include: ["src/**/*.test.ts"] } },
      { extends: true, test: { name: "rendered", include: ["src/**/*.test.tsx"], environment: "happy-dom", setupFiles: ["src/test/setup.ts"], testTimeout: 30_000 } },
    ],
  },
});
