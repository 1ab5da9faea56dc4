import { defineConfig } from "vite";

// The page, as the Worker's static assets. What is loaded at first stays small; editors and languages come when they are needed.
export default defineConfig({
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2023",
    // Everything the page shows is a file of its own, so that its policy can forbid the rest.
    assetsInlineLimit: 0,
    manifest: true,
    modulePreload: { polyfill: false },
  },
});
