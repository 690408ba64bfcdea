import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** In development the API comes from a running `nodeward serve`; NODEWARD_ORIGIN names it. */
const origin = process.env.NODEWARD_ORIGIN ?? 'http://127.0.0.1:7700';

// Vite wants a default export here.
export default defineConfig({
  plugins: [react()],
  server: { proxy: { '/api': { target: origin, changeOrigin: true } } },
  build: { target: 'es2023', reportCompressedSize: true, chunkSizeWarningLimit: 800 },
});
