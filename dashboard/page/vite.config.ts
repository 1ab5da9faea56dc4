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
    // What screens share comes with the first of them: a screen that could not be fetched is then one file, which can be asked for
    // again. Browsers remember failures, those of files within it for good.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: "parts", test: /page\/src\/((ui|state)\/|preview\/links)/ }] } },
    },
  },
});
