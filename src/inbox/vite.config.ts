/**
 * How the inbox is built: hashed files below /assets, nothing inline (the gateway serves it under a strict
 * Content-Security-Policy), and a gzipped copy beside each file so that a small box need not compress while it serves.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, defineConfig, type Plugin } from 'vite'
import { defaultAlphabetOnly, outlinesOnly } from './slim.ts'

const GZIP_LEVEL = 9
/** Smaller files gain nothing. */
const GZIP_BYTES_MIN = 512

const LATER = /screens[\\/](groups|settings|watch|sim|later)[\\/]/
/** What asks for the words while the rest is still on its way; what it imports stands nowhere else. */
const BEGIN = /inbox[\\/](begin|languages[\\/]catalogues|model[\\/]kept-preferences)\.ts/
const PSEUDO = /languages[\\/]pseudo\.ts/
/** What runs before all, what is fetched at first and what later, each in one piece: many small ones compress badly. */
const pieces = [
  { name: 'begin', test: BEGIN },
  { name: 'first', test: (id: string) => ![BEGIN, LATER, PSEUDO].some((pattern) => pattern.test(id)) },
  { name: 'later', test: LATER },
]

const REACT = join(import.meta.dirname, 'ui/react.ts')

export default defineConfig({
  base: '/',
  resolve: {
    alias: {
      'react/jsx-runtime': REACT,
      'react-dom': REACT,
      react: REACT,
    },
  },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    emptyOutDir: true,
    rolldownOptions: { output: { advancedChunks: { groups: pieces } } },
  },
  plugins: [beginsFirst(), outlinesOnly(), defaultAlphabetOnly(), precompressed(), serviceWorker()],
})

/** The page runs the small script before it has the others, which import it too. */
function beginsFirst(): Plugin {
  return {
    name: 'begins-first',
    transformIndexHtml: {
      order: 'post',
      handler(_page, { bundle = {} }) {
        const begin = Object.keys(bundle).find((name) => /\/begin-[^/]+\.js$/.test(name))
        if (begin === undefined) return []
        return [
          { tag: 'script', attrs: { type: 'module', crossorigin: true, src: `/${begin}` }, injectTo: 'head-prepend' },
        ]
      },
    },
  }
}

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
