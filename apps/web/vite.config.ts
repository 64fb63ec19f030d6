import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** Where `npm run dev` finds a running Parley server; its own certificate is self-signed. */
const backend = process.env.PARLEY_URL ?? 'https://localhost:8443'

export default defineConfig({
  // `vite build apps/web` from the repository's root and `npm run build` in here do the same.
  root: import.meta.dirname,
  // The page is served at every /room path, so no asset address may be relative to it.
  base: '/',
  plugins: [react()],
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  build: { outDir: 'dist', emptyOutDir: true, target: 'es2022', assetsDir: 'assets', sourcemap: true },
  server: {
    proxy: {
      '/config.js': { target: backend, secure: false },
      '/xmpp-websocket': { target: backend, secure: false, ws: true },
      '/colibri-ws': { target: backend, secure: false, ws: true },
    },
  },
})
