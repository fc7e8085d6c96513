// @ts-check
// How the program of a compiled tree (`vite build DIST`) is put, with those of its packages that are plain JavaScript,
// into the few files of DIST/program: finding and opening two thousand small ones is most of what a start costs. Names and
// lines stay as they are, so that a stack can be read. Commands stay files of their own, loaded when they are called.
import { existsSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

/** Have native parts or files that they look for beside themselves; and what only some starts need. */
const LEFT_ALONE = [
  /^@signalapp\/(?!libsignal-client)/,
  /^@serialport\/bindings/,
  /^serialport$/,
  /^pino/,
  /^sharp$/,
  /^vite$/,
  /^tsx/,
  'msgpackr-extract',
  'bufferutil',
  'utf-8-validate',
]

/** @type {import('vite').UserConfig} */
export default {
  logLevel: 'error',
  ssr: { noExternal: true },
  plugins: [asBeside(), withLibsignal()],
  build: {
    ssr: 'src/cli/main.js',
    outDir: 'program',
    emptyOutDir: true,
    target: 'node20',
    minify: false,
    sourcemap: true,
    copyPublicDir: false,
    rolldownOptions: {
      external: LEFT_ALONE,
      output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
    },
  },
}

/**
 * Lets each of our modules find the files beside it as before (`import.meta.url` is that of its compiled file), and
 * hands its source map on. @returns {import('vite').Plugin}
 */
function asBeside() {
  let tree = ''
  return {
    name: 'causeway-as-beside',
    enforce: 'pre',
    configResolved({ root }) {
      tree = root
    },
    load(id) {
      if (!id.startsWith(tree + sep) || !existsSync(`${id}.map`)) return
      const place = JSON.stringify(relative(join(tree, 'program'), id))
      const code = readFileSync(id, 'utf8').replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`)
      return { code, map: JSON.parse(readFileSync(`${id}.map`, 'utf8')) }
    },
  }
}

/**
 * Takes libsignal's hundred files in, but for the one that opens its library: that stays where it finds it. The sandbox
 * leaves it whole beside itself, as Signal's mock server does, to which it hands its objects.
 * @returns {import('vite').Plugin}
 */
function withLibsignal() {
  const name = '@signalapp/libsignal-client'
  const native = `${name}/dist/Native.js`
  return {
    name: 'causeway-with-libsignal',
    enforce: 'pre',
    resolveId(source, importer = '') {
      const isOfSandbox = importer.includes(`${sep}src${sep}sandbox${sep}`)
      if (isOfSandbox && source.startsWith(name)) return { id: source, external: true }
      const isItsOwn = importer.includes(join('node_modules', name))
      if (source === native || (isItsOwn && source.endsWith('/Native.js'))) return { id: native, external: true }
      return undefined
    },
  }
}
