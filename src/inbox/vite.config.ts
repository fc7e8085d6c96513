/**
 * How the inbox is built: hashed files below /assets, nothing inline (the gateway serves it under a strict
 * Content-Security-Policy), and a gzipped copy beside each file so that a small box need not compress while it serves.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, defineConfig, type Plugin } from 'vite'

const GZIP_LEVEL = 9
/** Smaller files gain nothing. */
const GZIP_BYTES_MIN = 512

export default defineConfig({
  base: '/',
  resolve: {
    alias: {
      react: 'preact/compat',
      'react-dom': 'preact/compat',
      'react/jsx-runtime': 'preact/jsx-runtime',
    },
  },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    emptyOutDir: true,
  },
  plugins: [precompressed(), serviceWorker()],
})

/** One script of its own beside the page: a worker that the browser can start without fetching anything else. */
function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    async writeBundle({ dir }) {
      await build({
        configFile: false,
        logLevel: 'warn',
        build: {
          target: 'es2022',
          outDir: dir ?? '',
          emptyOutDir: false,
          copyPublicDir: false,
          rollupOptions: {
            input: join(import.meta.dirname, 'worker/sw.ts'),
            output: { format: 'iife', entryFileNames: 'sw.js' },
          },
        },
        plugins: [precompressed()],
      })
    },
  }
}

function precompressed(): Plugin {
  return {
    name: 'precompressed',
    // Once they are on disk: until then names inside them may still change.
    async writeBundle({ dir }, bundle) {
      for (const fileName of Object.keys(bundle)) {
        const path = join(dir ?? '', fileName)
        const source = await readFile(path)
        if (source.length < GZIP_BYTES_MIN) continue
        await writeFile(`${path}.gz`, gzipSync(source, { level: GZIP_LEVEL }))
      }
    },
  }
}
