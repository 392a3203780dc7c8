import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// The page always talks to its own origin. In development, everything that is not the page itself goes to
// the mock (`npm run mock`) or to a real server named in WHITESPOT_URL.
const server = process.env['WHITESPOT_URL'] ?? 'http://localhost:8090';

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: 'es2022',
    // MapLibre alone is above the default warning; there is one page, so splitting it gains nothing.
    chunkSizeWarningLimit: 1400,
    // Fonts and images stay files, so that a strict `font-src 'self'` holds.
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/v1': server, '/tiles': server, '/openapi.json': server } },
});
