import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig(({ mode }) => ({
  base: "/static/",
  plugins: [svelte()],
  build: {
    manifest: true, // read by django-vite
    target: "es2022",
    assetsInlineLimit: 0, // nothing becomes a data: address, so a strict content policy holds
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: {
        chat: "src/chat/main.ts",
        memories: "src/memories/main.ts",
        portrait: "src/portrait/main.ts",
        timeline: "src/timeline/main.ts",
        site: "src/site.ts",
        inspection: "src/inspection.ts",
        preferences: "src/preferences.ts",
        commands: "src/commands.ts",
      },
    },
  },
  resolve: mode === "test" ? { conditions: ["browser"] } : {}, // parts of a page are tested as a browser has them
  test: { environment: "jsdom", include: ["tests/**/*.test.ts"] },
}));
