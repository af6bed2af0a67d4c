import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "/static/",
  plugins: [svelte()],
  build: {
    manifest: true, // read by django-vite
    target: "es2022",
    assetsInlineLimit: 0, // nothing becomes a data: address, so a strict content policy holds
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { chat: "src/chat/main.ts", site: "src/site.ts" } },
  },
  test: { environment: "jsdom", include: ["tests/**/*.test.ts"] },
});
