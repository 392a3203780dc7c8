import { readFileSync } from 'node:fs';

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

// The page always talks to its own origin. In development, everything that is not the page itself goes to
// the mock (`npm run mock`) or to a real server named in WHITESPOT_URL.
const server = process.env['WHITESPOT_URL'] ?? 'http://localhost:8090';

/** Whoever passes the font on must pass its licence on with it. */
const fontLicence: Plugin = {
  name: 'font-licence',
  generateBundle() {
    const source = readFileSync(new URL('node_modules/@fontsource/fira-sans/LICENSE', import.meta.url), 'utf8');
    this.emitFile({ type: 'asset', fileName: 'fira-sans-OFL.txt', source });
  },
};

export default defineConfig({
  plugins: [svelte(), fontLicence],
  build: {
    target: 'es2022',
    // MapLibre alone is above the default warning; there is one page, so splitting it gains nothing.
    chunkSizeWarningLimit: 1400,
    // Fonts and images stay files, so that a strict `font-src 'self'` holds.
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/v1': server, '/tiles': server, '/openapi.json': server } },
});
